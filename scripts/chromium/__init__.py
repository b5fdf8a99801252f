"""The parts of the browser test."""
