"""Mixture density: the likelihood by hand, samples, temperature, and two futures."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from ballet_lib.errors import BalletError
from ballet_lib.networks.mixture import (
    NARROWEST,
    WIDEST,
    MixtureHead,
    fit_two_futures,
    two_futures,
)

HEAD = MixtureHead(3, 4)


def outputs(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.7, (*shape, HEAD.outputs)).astype(np.float32)


def loss(head: MixtureHead, truth, given) -> np.ndarray:
    import keras

    return np.array(head.loss(keras.ops.convert_to_tensor(truth), keras.ops.convert_to_tensor(given)))


def test_the_loss_is_the_negative_log_likelihood_that_scipy_adds_up():
    given, truth = outputs(5, 7), np.random.default_rng(1).normal(0, 1, (5, 7, 3)).astype(np.float32)
    told = loss(HEAD, truth, given)
    assert told.shape == (5, 7)
    for row in np.ndindex(5, 7):
        logits, means, logs = given[row][:4], given[row][4:16].reshape(4, 3), given[row][16:].reshape(4, 3)
        each = [
            multivariate_normal(mean, np.diag(np.exp(2 * log))).logpdf(truth[row])
            for mean, log in zip(means, logs, strict=True)
        ]
        assert told[row] == pytest.approx(-logsumexp(logits - logsumexp(logits) + each), abs=1e-4)


def test_the_loss_stays_finite_where_a_gaussian_wants_to_vanish():
    head = MixtureHead(2, 1)
    on_it = np.array([[0.0, 0, 0, -80, 80]], np.float32)  # one logit, two means, two logs of deviations
    value = loss(head, np.zeros((1, 2), np.float32), on_it)[0]
    assert value == pytest.approx(NARROWEST + WIDEST + np.log(2 * np.pi), abs=1e-4)
    assert np.isfinite(loss(head, np.full((1, 2), 1e3, np.float32), on_it)).all()


def test_split_reads_probabilities_means_and_deviations():
    given = outputs(6)
    weights, means, sigmas = HEAD.split(given)
    assert weights.shape == (6, 4) and means.shape == sigmas.shape == (6, 4, 3)
    assert np.allclose(weights.sum(axis=1), 1) and (sigmas > 0).all()
    assert np.allclose(means[2, 1], given[2, 4 + 3 : 4 + 6])
    assert np.allclose(sigmas[2, 1], np.exp(given[2, 16 + 3 : 16 + 6]))


def test_samples_have_the_mixtures_own_mean_and_spread():
    head = MixtureHead(1, 2)
    given = np.array([np.log(0.25), np.log(0.75), -2.0, 1.0, np.log(0.3), np.log(0.1)])
    drawn = head.sample(np.tile(given, (20_000, 1)), 1.0, np.random.default_rng(0))[:, 0]
    left = drawn < -0.7
    assert left.mean() == pytest.approx(0.25, abs=0.015)
    assert drawn[left].std() == pytest.approx(0.3, rel=0.05)
    assert drawn[~left].std() == pytest.approx(0.1, rel=0.05)
    assert head.mean(given)[0] == pytest.approx(0.25) == pytest.approx(drawn.mean(), abs=0.05)


def test_temperature_tempers_choice_and_variance():
    head = MixtureHead(1, 2)
    given = np.tile([np.log(0.25), np.log(0.75), -2.0, 1.0, np.log(0.3), np.log(0.1)], (20_000, 1))
    cold, hot = (head.sample(given, heat, np.random.default_rng(0))[:, 0] for heat in (0.25, 4.0))
    assert (cold < -0.7).mean() == pytest.approx(1 / (1 + 3**4), abs=0.005)
    assert cold[cold > 0].std() == pytest.approx(0.1 * np.sqrt(0.25), rel=0.05)
    assert (hot < 0).mean() == pytest.approx(1 / (1 + 3**0.25), abs=0.02)


def test_the_same_generator_draws_the_same():
    given = outputs(3, 2)
    one, two, other = (HEAD.sample(given, 1.0, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert one.shape == (3, 2, 3)
    assert np.array_equal(one, two) and not np.array_equal(one, other)


@pytest.mark.parametrize("temperature", [0, -1, np.nan, np.inf])
def test_a_temperature_must_be_above_zero(temperature):
    with pytest.raises(BalletError, match="temperature"):
        HEAD.sample(outputs(2), temperature, np.random.default_rng(0))


def test_sizes_that_do_not_belong_together_are_refused():
    with pytest.raises(BalletError, match="outputs"):
        HEAD.split(np.zeros((2, HEAD.outputs + 1)))
    with pytest.raises(BalletError, match="at least one of each"):
        MixtureHead(3, 0)


def test_the_mean_lies_between_two_futures_and_the_mixture_on_them():
    x, y = two_futures()
    head = MixtureHead(1, 2)
    single, mixed = fit_two_futures(x, y, epochs=40), fit_two_futures(x, y, head, epochs=40)
    late = np.full((400, 1), 0.8, np.float32)
    told = single.predict_on_batch(late[:1])[0, 0]
    assert abs(told) < 0.3, "the mean of left and right is neither"
    drawn = head.sample(mixed.predict_on_batch(late), 1.0, np.random.default_rng(0))[:, 0]
    assert (abs(abs(drawn) - 0.8) < 0.25).mean() > 0.95
    assert 0.3 < (drawn > 0).mean() < 0.7
    again = [fit_two_futures(x, y, epochs=1).predict_on_batch(late[:1])[0, 0] for _ in range(2)]
    assert again[0] == again[1], "the same seed trains the same network"
