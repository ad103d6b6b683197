"""Papers: badges, letters, certificates and lists as PDF files, in six languages and many scripts."""
