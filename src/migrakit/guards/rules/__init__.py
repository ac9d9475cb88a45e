"""The built-in guards, one a file."""
