pytest_plugins = ["tests.databases.fixtures", "tests.versions"]
