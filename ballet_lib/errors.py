"""The error that a user's mistake raises."""


class BalletError(Exception):
    """Something the user can mend: one sentence on what is wrong, one on what to do."""
