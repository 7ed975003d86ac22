"""What readers raise, who know neither the file nor the line; their caller refuses it by name."""


class Unreadable(Exception):
    """What was given cannot be read; the message says why and the remedy."""
