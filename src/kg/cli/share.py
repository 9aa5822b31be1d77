"""kg export, kg publish, kg link. Filled in as their floors land."""

COMMANDS = ()
