"""Wrong answers to the tasks of lesson 10, each a mistake that somebody makes."""

import numpy as np

from ballet_lib.generation import grammar


def _windows(dance, seen, ahead):
    return np.stack([dance[i : i + seen] for i in range(len(dance) - seen - ahead + 1)])


def same_frames(dance, seen, ahead):
    x = _windows(dance, seen, ahead)
    return x, x[:, -1]


def always_the_next(dance, seen, ahead):
    x = _windows(dance, seen, ahead)
    return x, dance[seen : seen + len(x)]


def counted_from_the_first(dance, seen, ahead):
    x = _windows(dance, seen, ahead)
    return x, dance[ahead : ahead + len(x)]


def one_too_late(dance, seen, ahead):
    return _windows(dance, seen, ahead), dance[seen + ahead :]


def too_many(dance, seen, ahead):
    x = _windows(dance, seen, ahead)
    return x, np.concatenate([dance[seen - 1 + ahead :], dance[:2]])


def not_summed(shares, widths, temperature):
    return shares ** (1 / temperature), widths * np.sqrt(temperature)


def summed_over_all(shares, widths, temperature):
    powers = shares ** (1 / temperature)
    return powers / powers.sum(), widths * np.sqrt(temperature)


def multiplied(shares, widths, temperature):
    powers = shares**temperature
    return powers / powers.sum(-1, keepdims=True), widths * np.sqrt(temperature)


def without_root(shares, widths, temperature):
    powers = shares ** (1 / temperature)
    return powers / powers.sum(-1, keepdims=True), widths * temperature


def shares_only(shares, widths, temperature):
    powers = shares ** (1 / temperature)
    return powers / powers.sum(-1, keepdims=True), widths


def divided_shares(shares, widths, temperature):
    powers = shares / temperature
    return powers / powers.sum(-1, keepdims=True), widths * np.sqrt(temperature)


def never_reads_itself(forecast, seen, steps):
    return np.stack([forecast(seen) for _ in range(steps)])


def window_grows(forecast, seen, steps):
    frames = list(seen)
    for _ in range(steps):
        frames.append(forecast(np.stack(frames)))
    return np.stack(frames[len(seen) :])


def seeds_included(forecast, seen, steps):
    frames = list(seen)
    for _ in range(steps):
        frames.append(forecast(np.stack(frames[-len(seen) :])))
    return np.stack(frames)


def newest_first(forecast, seen, steps):
    window, made = seen, []
    for _ in range(steps):
        made.append(forecast(window))
        window = np.concatenate([made[-1][None], window[:-1]])
    return np.stack(made)


def in_place(forecast, seen, steps):
    made = []
    for _ in range(steps):
        made.append(forecast(seen))
        seen[:-1] = seen[1:].copy()
        seen[-1] = made[-1]
    return np.stack(made)


def _model(*layers_between, shape):
    from ballet_lib.quiet_tensorflow import import_keras

    keras = import_keras()
    return keras.Sequential([keras.layers.Input((*shape, 1)), *layers_between])


def looks_ahead(frames, height, width):
    from keras import layers

    shape = frames, height, width
    return _model(layers.Conv3D(1, 3, padding="same", activation="sigmoid"), shape=shape)


def both_ways(frames, height, width):
    from keras import layers

    memory = layers.Bidirectional(layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True))
    last = layers.Conv3D(1, (1, 3, 3), padding="same", activation="sigmoid")
    return _model(memory, last, shape=(frames, height, width))


def frame_by_frame(frames, height, width):
    from keras import layers

    each = layers.Conv3D(1, (1, 3, 3), padding="same", activation="sigmoid")
    return _model(each, shape=(frames, height, width))


def pixel_by_pixel(frames, height, width):
    from keras import layers

    past = layers.ZeroPadding3D(((2, 0), (0, 0), (0, 0)))
    last = layers.Conv3D(1, (3, 1, 1), activation="sigmoid")
    return _model(past, last, shape=(frames, height, width))


def loses_frames(frames, height, width):
    from keras import layers

    past = layers.ZeroPadding3D(((0, 0), (1, 1), (1, 1)))
    return _model(past, layers.Conv3D(1, 3, activation="sigmoid"), shape=(frames, height, width))


def no_sigmoid(frames, height, width):
    from keras import layers

    past = layers.ZeroPadding3D(((2, 0), (1, 1), (1, 1)))
    bias = layers.Conv3D(1, 3, bias_initializer="ones")
    return _model(past, bias, layers.Rescaling(9.0), shape=(frames, height, width))


WRONG = {
    "10.1": [
        (same_frames, "learns to copy"),
        (always_the_next, "after the last frame shown"),
        (counted_from_the_first, "The answer is among the inputs"),
        (one_too_late, "after the last frame shown"),
        (too_many, "Each window has one"),
    ],
    "10.2": [
        (grammar.parse("battement tendu right 8, battement tendu left 8"), "not with a demi-plié"),
        (
            grammar.parse(
                "demi-plié 8, attitude croisée right 8, demi-plié 8, battement tendu right 8, "
                "battement tendu left 8, relevé 8, demi-plié 8, relevé 8"
            ),
            "second side",
        ),
        (
            grammar.parse(
                "demi-plié 8, attitude croisée right 8, demi-plié 8, attitude croisée left 8, relevé 8"
            ),
            "too short",
        ),
        (
            grammar.parse(
                "demi-plié 8, relevé 8, demi-plié 8, attitude croisée right 8, demi-plié 8, "
                "attitude croisée left 8, relevé 8, demi-plié 8"
            ),
            "yawn",
        ),
        ("demi-plié 8, pirouette right 8", "grammar.parse"),
        (["demi-plié 8", "relevé 8"], "no movement of an exercise"),
    ],
    "10.3": [
        (not_summed, "not to 1"),
        (summed_over_all, "not to 1"),
        (multiplied, "Cold means sure"),
        (without_root, "standard deviations"),
        (shares_only, "the widths do not"),
        (divided_shares, "logarithms"),
    ],
    "10.4": [
        (never_reads_itself, "its own answer"),
        (window_grows, "has learnt to read"),
        (seeds_included, "only what is new"),
        (newest_first, "in their order"),
        (in_place, "wrote into"),
    ],
    "10.5": [
        (looks_ahead, "looks ahead"),
        (both_ways, "looks ahead"),
        (frame_by_frame, "two frames back"),
        (pixel_by_pixel, "only itself"),
        (loses_frames, "the past is not padded"),
        (no_sigmoid, "end with a sigmoid"),
    ],
}
