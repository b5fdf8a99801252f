"""Executes the code blocks of the documents."""
