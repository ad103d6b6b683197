"""The voluntary fund up to an eligible file: calls and their rules, applications, who vouches for them, its desk."""
