"""Files that a page gives away, one file for each format."""
