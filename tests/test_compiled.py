"""Compiled once, the classifier says the same. How much sooner is measured by `make bench`."""

import numpy as np
import pytest

from ballet_lib.classifier import Classifier
from ballet_lib.compiled import CompiledClassifier
from ballet_lib.errors import BalletError
from ballet_lib.takes import TakeSet


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load("lstm")


@pytest.fixture(scope="module")
def takes():
    return TakeSet.load("ballet6").filter(dancer="d11")[:8]


def test_it_agrees_with_the_classifier(classifier, takes):
    compiled = CompiledClassifier(classifier)
    one_by_one = np.stack([compiled.probabilities(take.poses) for take in takes])
    np.testing.assert_allclose(one_by_one, classifier.probabilities(takes), atol=1e-5)
    assert compiled.labels == classifier.labels


def test_the_temperature_of_the_card_is_applied(classifier, takes):
    cold = Classifier(classifier.model, classifier.card | {"temperature": 0.5})
    plain = classifier.probabilities(takes[:1])[0]
    wanted = plain**2 / (plain**2).sum()
    np.testing.assert_allclose(cold.probabilities(takes[:1])[0], wanted, atol=1e-4)
    np.testing.assert_allclose(CompiledClassifier(cold).probabilities(takes[0].poses), wanted, atol=1e-4)


def test_any_network_compiles(takes):
    for name in ("attention", "tcn"):
        known = Classifier.load(name)
        compiled = CompiledClassifier(known)
        np.testing.assert_allclose(
            compiled.probabilities(takes[0].poses), known.probabilities(takes[:1])[0], atol=1e-4
        )


def test_nobody_in_the_window_is_an_error(classifier, takes):
    poses = takes[0].poses
    poses = type(poses)(poses.landmarks * np.nan, None, poses.fps, poses.size, "nobody")
    with pytest.raises(BalletError, match="No frame shows a person"):
        CompiledClassifier(classifier).probabilities(poses)
