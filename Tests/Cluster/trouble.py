"""What went wrong."""


class Trouble(Exception):
    """What must not be."""
