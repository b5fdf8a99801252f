"""The parts of scripts/crash_test.py: the stage, its actors, what harms them, and the comparison at the end."""
