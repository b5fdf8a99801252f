"""The parts of the gateway test."""
