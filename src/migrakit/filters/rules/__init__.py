"""The rules that migrakit brings, one a file."""
