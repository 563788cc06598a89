"""Hyperparameter search: random search and Hyperband on Keras Tuner, under one budget of training epochs.

`tune` searches, and its `Search` holds what came out. `brackets` tells beforehand what Hyperband will do.
"""

from ballet_lib.tuning.hyperband import Bracket, Round, bracket_table, brackets
from ballet_lib.tuning.result import Search
from ballet_lib.tuning.search import tune
from ballet_lib.tuning.spaces import SPACES, SearchSpace

__all__ = ["SPACES", "Bracket", "Round", "Search", "SearchSpace", "bracket_table", "brackets", "tune"]
