# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 03 · LSTM
#
# **You practise** to say how long a memory lasts, to write a step of the LSTM's younger sister, to shorten a leap; and at the end you build a memory cell that Keras trains.
#
# **Time** {{minutes}}
#
# Write where the `...` are, then run the cell with `check`. Stuck? `hint("03.1")` helps, once more each time, and `solution("03.1")` shows one way.

# %%
import numpy as np

from ballet_lib import plots
from ballet_lib.checks import check, hint, solution
from ballet_lib.quiet_tensorflow import import_keras
from ballet_lib.splits import split_by_dancer
from ballet_lib.takes import TakeSet

keras = import_keras()  # the usual `import keras`, in silence
from keras import layers, ops


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# %% [markdown]
# {{task 03.1}}
#
# If nothing new comes in, the cell state is multiplied by the forget gate at each frame. The gate is the sigmoid of its bias. Return the share of a memory that is left after `steps` frames.


# %%
def memory_left(bias, steps):
    """Return the share of the cell state that is left after some steps."""
    forget = sigmoid(bias)
    ### BEGIN SOLUTION
    return forget**steps
    ### END SOLUTION


# %%
told = check("03.1", memory_left)
told

# %% [markdown]
# A take has 40 frames, a class at the barre 20 000. **Predict** What does Keras' bias of 1 leave of the first frame after 40? And how large must the bias be, so that half is left?

# %%
if told.status == "right":
    for bias in (0, 1, 2, 4, 6):
        print(f"bias {bias}: {memory_left(bias, 40):.2g} of the first frame")

# %% [markdown]
# {{task 03.2}}
#
# The **GRU** has two gates and one state, and is often as good. From a frame $x$ and its state $h$ it computes
#
# $$z = \sigma(xW_z + hR_z + b_z) \qquad r = \sigma(xW_r + hR_r + b_r)$$
#
# $$g = \tanh(xW_g + (r \cdot h)R_g + b_g) \qquad h \leftarrow z \cdot h + (1 - z) \cdot g$$
#
# $z$ says how much of the memory stays, $r$ how much of it the candidate $g$ may see. Write one step. `x` has the shape `(F,)`, `h` `(U,)`; `W` `(F, 3 U)`, `R` `(U, 3 U)` and `b` `(3 U,)` hold the blocks of z, r and g side by side, as Keras stores them.


# %%
def gru_step(x, h, W, R, b):
    """Return the next state (U,) of a GRU."""
    Wz, Wr, Wg = np.split(W, 3, axis=1)
    Rz, Rr, Rg = np.split(R, 3, axis=1)
    bz, br, bg = np.split(b, 3)
    ### BEGIN SOLUTION
    z = sigmoid(x @ Wz + h @ Rz + bz)
    r = sigmoid(x @ Wr + h @ Rr + br)
    g = np.tanh(x @ Wg + (r * h) @ Rg + bg)
    return z * h + (1 - z) * g
    ### END SOLUTION


# %%
told = check("03.2", gru_step)
told

# %% [markdown]
# Is it Keras' GRU? Once yours is right, the next cell walks through a dance with both.

# %%
if told.status == "right":
    gru = layers.GRU(16, reset_after=False)
    dance = TakeSet.load("ballet6")[:1].to_arrays("normalised").X
    theirs = gru(dance).numpy()[0]
    ours = np.zeros(16)
    for frame in dance[0]:
        ours = gru_step(frame, ours, *[weight.numpy() for weight in gru.weights])
    print(f"largest difference: {np.abs(ours - theirs).max():.0e}")

# %% [markdown]
# {{task 03.3}}
#
# The paper's network leaps when a gradient is too long. **Clipping** shortens it: all arrays together are one vector, the root of the sum of all their squares is its length, and if it is longer than `longest`, all arrays are scaled by one and the same factor. A shorter one stays as it is. `gradients` is a list of arrays of any shapes; return a new list.


# %%
def clipped(gradients, longest):
    """Return the gradients, all scaled alike if together they are too long."""
    ### BEGIN SOLUTION
    length = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
    factor = longest / max(length, longest)
    return [gradient * factor for gradient in gradients]
    ### END SOLUTION


# %%
check("03.3", clipped)

# %% [markdown]
# {{task 03.4}}
#
# How little memory is enough? Build a cell without recurrent weights: each unit keeps a share $f$ of what it knows, and makes just so much room for the new.
#
# $$c \leftarrow f \cdot c + (1 - f) \cdot \tanh(xW + b) \qquad f = \sigma(\text{forget})$$
#
# `W` `(F, U)`, `b` `(U,)`, which begins at 0, and `forget` `(U,)`, which begins at 4, are trained; $f$ is one number a unit, the same for all frames. `build` makes the weights by `self.add_weight(shape=..., initializer=..., name=...)`; `shape[-1]` is F. `call` gets a frame `(N, F)` and the list of states, here one array `(N, U)`, and returns what the cell shows and the list of what it keeps: `c, [c]`. Inside, `ops.sigmoid` and `ops.tanh` compute as NumPy does.


# %%
class SlowMemory(layers.Layer):
    """A cell whose units forget slowly, each at its own pace."""

    def __init__(self, units, **rest):
        super().__init__(**rest)
        self.units = self.state_size = units

    def build(self, shape):
        ### BEGIN SOLUTION
        slow = keras.initializers.Constant(4.0)
        self.W = self.add_weight(shape=(shape[-1], self.units), name="W")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")
        self.forget = self.add_weight(
            shape=(self.units,), initializer=slow, name="forget"
        )
        ### END SOLUTION

    def call(self, x, states):
        ### BEGIN SOLUTION
        f = ops.sigmoid(self.forget)
        c = f * states[0] + (1 - f) * ops.tanh(x @ self.W + self.b)
        return c, [c]
        ### END SOLUTION


# %%
told = check("03.4", SlowMemory)
told

# %% [markdown]
# Does it recognise a dance? Six dancers teach, three are strangers, seven labels, so that chance is 14%. Beside it the lesson's LSTM. Until your cell is right, only the LSTM trains. About half a minute. **Predict** How far behind is a memory with three sets of numbers?

# %%
nine = TakeSet.load("ballet6").filter(dancer=[f"d{n:02}" for n in range(1, 10)])
split = split_by_dancer(nine, ["d07", "d08", "d09"])
A, labels, _ = split.train.to_arrays(["centred", "angles"], frames=20)
B, truth, _ = split.test.to_arrays(["centred", "angles"], frames=20)
mean, spread = A.mean((0, 1)), A.std((0, 1)) + 1e-6


def learn(make_memory, epochs=30):
    keras.utils.set_random_seed(0)
    network = keras.Sequential([make_memory(), layers.Dense(7, "softmax")])
    loss = "sparse_categorical_crossentropy"
    adam = keras.optimizers.Adam(0.01)
    network.compile(adam, loss, metrics=["accuracy"], jit_compile=False)
    network.fit((A - mean) / spread, labels, batch_size=32, epochs=epochs, verbose=0)
    accuracy = network.evaluate((B - mean) / spread, truth, verbose=0)[1]
    return network.layers[0].count_params(), accuracy


memories = {"LSTM": lambda: layers.LSTM(64)}
if told.status == "right":
    memories["your cell"] = lambda: layers.RNN(SlowMemory(64))

for name, make_memory in memories.items():
    weights, accuracy = learn(make_memory)
    print(f"{name:9} {weights:6,} weights   {accuracy:.0%} with strangers")

# %% [markdown]
# 105 takes of three dancers stand behind each number: a difference of a few points says nothing. The difference in weights does. How long a unit remembers is one number here, and it is learnt.

# %% [markdown]
# ## Open question
#
# How many seeds does each mend rescue? In the lesson, call `train_again` with four seeds for clipping, for $\tanh$, and for ReLU on standardised inputs (`inputs=standardised(raw)`), 80 epochs each (three minutes or so), and make a table: seeds that end with 95%, highest loss. Which *one* change would you have asked the paper's authors for?
