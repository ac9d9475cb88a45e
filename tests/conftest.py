pytest_plugins = ["tests.databases.fixtures", "tests.tallies", "tests.versions"]
