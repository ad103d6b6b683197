"""What speaks for and against a commitment: evidence, its assessment, comments, and the maker's reply."""
