"""Read by type checkers alone: never run, and never collected."""
