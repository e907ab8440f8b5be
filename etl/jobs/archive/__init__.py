"""The job `archive`: the points of meters, kept for good, and the energy of each day."""
