"""The parts of the cluster test."""
