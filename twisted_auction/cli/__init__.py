"""The ``auction`` command: one module for each subcommand."""
