"""Read by type checkers alone: never run, and never collected."""  # noqa: A005 - nothing imports it
