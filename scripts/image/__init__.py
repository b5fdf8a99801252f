"""The parts of the image test."""
