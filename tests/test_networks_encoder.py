"""The picture encoder and the network that it is trained in."""

import numpy as np
import pytest

from ballet_lib.networks.encoder import encoder, joint_finder


@pytest.fixture(scope="module")
def finder():
    return joint_finder(side=32, joints=5, values=8)


def test_a_finder_gives_a_place_for_each_joint(finder):
    assert finder.output_shape == (None, 5, 2)
    assert finder.predict_on_batch(np.zeros((2, 32, 32, 1), np.float32)).shape == (2, 5, 2)


def test_a_new_finder_looks_in_the_middle(finder):
    found = finder.predict_on_batch(np.full((1, 32, 32, 1), 127.5, np.float32))
    assert np.allclose(found, 0.5, atol=0.2)


def test_a_finder_learns_where_a_spot_is():
    import keras

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    places = rng.integers(4, 28, (256, 2))
    pictures = np.zeros((256, 32, 32, 1), np.float32)
    for picture, (x, y) in zip(pictures, places, strict=True):
        picture[y - 2 : y + 3, x - 2 : x + 3] = 255
    joints = (places[:, None] / 32).astype(np.float32)
    model = joint_finder(side=32, joints=1, values=8)
    model.compile(keras.optimizers.Adam(2e-3), "mae", jit_compile=False)
    model.fit(pictures[:224], joints[:224], batch_size=8, epochs=20, verbose=0)
    error = np.abs(model.predict_on_batch(pictures[224:]) - joints[224:]).mean()
    unaware = np.abs(joints[224:] - joints[:224].mean(axis=0)).mean()
    assert error < unaware / 2


def test_the_encoder_is_frozen_and_shares_the_finders_eyes(finder):
    seeing = encoder(finder)
    assert seeing.trainable_weights == []
    assert seeing.output_shape == (None, 8)
    picture = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 1)).astype(np.float32)
    values = seeing.predict_on_batch(picture)
    assert np.abs(values).max() <= 1
    last = finder.layers[-2]  # the dense layer that places joints
    kernel, bias = last.get_weights()
    assert np.allclose(values @ kernel + bias, finder.predict_on_batch(picture).reshape(1, -1), atol=1e-5)


def test_an_encoder_of_the_course_weighs_less_than_a_megabyte():
    assert encoder(joint_finder()).count_params() * 4 < 1_000_000
