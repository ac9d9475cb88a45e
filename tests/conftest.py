# The versions first, as what the fixtures give depends on them.
pytest_plugins = ["tests.versions", "tests.share", "tests.databases.fixtures", "tests.tallies"]
