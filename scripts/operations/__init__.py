"""What parts of the operations test bring along."""
