"""The command line: what it can ask for, what each command does, what it prints."""
