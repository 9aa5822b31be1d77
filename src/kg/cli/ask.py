"""kg query, kg report, kg diff. Filled in as their floors land."""

COMMANDS = ()
