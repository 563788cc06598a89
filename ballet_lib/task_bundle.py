"""Putting ``.task`` bundles together from the TensorFlow Lite files that MediaPipe publishes.

What the Tasks API reads is a zip of models, uncompressed, each with a metadata buffer that says how its input
pixels are scaled. Older MediaPipe kept that scaling in its graphs, so some published files lack the buffer.
MediaPipe is asked only for the schemas of these formats.
"""

import io
import struct
import zipfile
from collections.abc import Mapping

import numpy as np

from ballet_lib.quiet_mediapipe import import_mediapipe

POSE_MEMBERS = ("pose_detector.tflite", "pose_landmarks_detector.tflite")
HOLISTIC_MEMBERS = (
    *POSE_MEMBERS,
    "face_detector.tflite",
    "face_landmarks_detector.tflite",
    "face_blendshapes.tflite",
    "hand_landmarks_detector.tflite",
    "hand_roi_refinement.tflite",
)
"""What each bundle holds, by the names that the Tasks API looks for."""

ZERO_TO_ONE = (0.0, 255.0)
"""Mean and standard deviation that bring pixels of 0 to 255 to 0 to 1."""


def pose_bundle(parts: Mapping[str, bytes]) -> bytes:
    """Return the pose landmarker's bundle; `parts` are the detector and one pose model by published name."""
    (landmarks,) = (content for name, content in parts.items() if name.startswith("pose_landmark_"))
    members = (parts["pose_detection.tflite"], with_normalisation(landmarks, *ZERO_TO_ONE))
    return _zipped(dict(zip(POSE_MEMBERS, members, strict=True)))


def holistic_bundle(parts: Mapping[str, bytes]) -> bytes:
    """Return a holistic landmarker's bundle: pose, 478 face landmarks, and 21 of each hand.

    The official bundle holds a newer face model and one for expressions (blendshapes). Here the older face
    model gets the shape of the newer, and expressions have a stand-in whose scores mean nothing.
    """
    members = (
        parts["pose_detection.tflite"],
        with_normalisation(parts["pose_landmark_full.tflite"], *ZERO_TO_ONE),
        parts["face_detection_short_range.tflite"],
        with_normalisation(_mesh_and_irises(parts["face_landmark_with_attention.tflite"]), *ZERO_TO_ONE),
        _no_expressions(),
        parts["hand_landmark_full.tflite"],
        with_normalisation(parts["hand_recrop.tflite"], *ZERO_TO_ONE),
    )
    return _zipped(dict(zip(HOLISTIC_MEMBERS, members, strict=True)))


def _zipped(members: dict[str, bytes]) -> bytes:
    """Zip without compression; the same members give the same bytes on every system."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as bundle:
        for name, model in members.items():
            member = zipfile.ZipInfo(name)
            member.create_system = 3  # else the same bundle has another hash on Windows
            # TensorFlow Lite maps the models straight from the file if they begin at an aligned address; the
            # padding is the zip field that Android uses for the same end.
            padding = -(content.tell() + 30 + len(name) + 4) % 64
            member.extra = struct.pack("<HH", 0xD935, padding) + bytes(padding)
            bundle.writestr(member, model)
    return content.getvalue()


def with_normalisation(model: bytes, mean: float, deviation: float) -> bytes:
    """Add metadata to a TFLite model, unless it has some: its input is (pixel - mean) / deviation."""
    import flatbuffers

    tflite, metadata = _schemas()
    network = _unpacked(model)
    if any(entry.name == b"TFLITE_METADATA" for entry in network.metadata or []):
        return model
    scaling = metadata.ProcessUnitT(
        optionsType=metadata.ProcessUnitOptions.NormalizationOptions,
        options=metadata.NormalizationOptionsT(mean=[mean], std=[deviation]),
    )
    graph = metadata.SubGraphMetadataT(
        inputTensorMetadata=[metadata.TensorMetadataT(name="image", processUnits=[scaling])],
        outputTensorMetadata=[metadata.TensorMetadataT() for _ in network.subgraphs[0].outputs],
    )
    builder = flatbuffers.Builder(0)
    builder.Finish(metadata.ModelMetadataT(subgraphMetadata=[graph]).Pack(builder), b"M001")
    network.buffers.append(tflite.BufferT(data=list(builder.Output())))
    entry = tflite.MetadataT(name="TFLITE_METADATA", buffer=len(network.buffers) - 1)
    network.metadata = [*(network.metadata or []), entry]
    return _packed(network)


def _mesh_and_irises(model: bytes) -> bytes:
    """Join the outputs of the face model with attention into one of 478 landmarks, as the Tasks API expects.

    The model gives a mesh of 468 landmarks (x, y, z) and five points (x, y) on each iris. The irises are
    appended to the mesh, as deep as four corners of their eye. Its finer lips and lids are left out.
    """
    tflite, _ = _schemas()
    network = _unpacked(model)
    graph = network.subgraphs[0]
    mesh, _lips, _left_eye, _right_eye, left_iris, right_iris, presence = (int(i) for i in graph.outputs)

    gather = np.zeros((30, 1424), np.float32)  # rows: irises' x, y, z; columns: mesh, left iris, right iris
    for first, start, corners in ((0, 1404, (33, 133, 159, 145)), (15, 1414, (362, 263, 386, 374))):
        for point in range(5):
            x = first + 3 * point
            gather[x, start + 2 * point] = gather[x + 1, start + 2 * point + 1] = 1
            gather[x + 2, [3 * corner + 2 for corner in corners]] = 0.25

    everything = _add_tensor(network, "everything", (1, 1, 1, 1424))
    irises = _add_tensor(network, "irises", (1, 1, 1, 30))
    landmarks = _add_tensor(network, "landmarks", (1, 1, 1, 1434))
    weights = _add_tensor(network, "gather", gather.shape, gather)
    join = (tflite.BuiltinOperator.CONCATENATION, tflite.BuiltinOptions.ConcatenationOptions)
    multiply = (tflite.BuiltinOperator.FULLY_CONNECTED, tflite.BuiltinOptions.FullyConnectedOptions)
    last_axis, keep_shape = (
        tflite.ConcatenationOptionsT(axis=3),
        tflite.FullyConnectedOptionsT(keepNumDims=True),
    )
    _add_operator(network, join, last_axis, [mesh, left_iris, right_iris], [everything])
    _add_operator(network, multiply, keep_shape, [everything, weights, -1], [irises], version=5)
    _add_operator(network, join, last_axis, [mesh, irises], [landmarks])
    graph.outputs = [landmarks, presence]
    network.metadata = []  # it described seven outputs
    return _packed(network)


def _no_expressions() -> bytes:
    """Return a model that takes 146 face landmarks and gives 52 numbers, for a graph that insists on one."""
    tflite, _ = _schemas()
    network = tflite.ModelT(version=3, buffers=[tflite.BufferT()], operatorCodes=[], metadata=[])
    network.subgraphs = [tflite.SubGraphT(name="main", tensors=[], operators=[])]
    face = _add_tensor(network, "landmarks", (1, 146, 2))
    begin = _add_tensor(network, "begin", (3,), np.array([0, 0, 0], np.int32))
    size = _add_tensor(network, "size", (3,), np.array([1, 52, 1], np.int32))
    scores = _add_tensor(network, "no_scores", (1, 52, 1))
    cut = (tflite.BuiltinOperator.SLICE, tflite.BuiltinOptions.SliceOptions)
    _add_operator(network, cut, tflite.SliceOptionsT(), [face, begin, size], [scores])
    network.subgraphs[0].inputs, network.subgraphs[0].outputs = [face], [scores]
    return _packed(network)


def _add_tensor(network, name: str, shape: tuple[int, ...], constant: np.ndarray | None = None) -> int:
    tflite, _ = _schemas()
    kind = tflite.TensorType.FLOAT32
    data = None
    if constant is not None:
        kind = tflite.TensorType.INT32 if constant.dtype == np.int32 else kind
        data = np.frombuffer(constant.astype(constant.dtype.newbyteorder("<")).tobytes(), np.uint8)
    network.buffers.append(tflite.BufferT(data=data))
    tensor = tflite.TensorT(
        name=name, shape=np.array(shape, np.int32), type=kind, buffer=len(network.buffers) - 1
    )
    network.subgraphs[0].tensors.append(tensor)
    return len(network.subgraphs[0].tensors) - 1


def _add_operator(
    network, operator, options, inputs: list[int], outputs: list[int], version: int = 1
) -> None:
    tflite, _ = _schemas()
    code, options_type = operator
    network.operatorCodes.append(
        tflite.OperatorCodeT(deprecatedBuiltinCode=code, builtinCode=code, version=version)
    )
    network.subgraphs[0].operators.append(
        tflite.OperatorT(
            opcodeIndex=len(network.operatorCodes) - 1,
            inputs=inputs,
            outputs=outputs,
            builtinOptionsType=options_type,
            builtinOptions=options,
        )
    )


def _schemas():
    """Return the generated modules of the TFLite and the metadata schema."""
    import_mediapipe()
    from mediapipe.tasks.metadata import metadata_schema_py_generated, schema_py_generated

    return schema_py_generated, metadata_schema_py_generated


def _unpacked(model: bytes):
    tflite, _ = _schemas()
    return tflite.ModelT.InitFromObj(tflite.Model.GetRootAsModel(model, 0))


def _packed(network) -> bytes:
    import flatbuffers

    class AlignedBuilder(flatbuffers.Builder):
        """Start every block of bytes, such as weights, at a multiple of 16, as TensorFlow Lite asks."""

        def StartVector(self, size, count, alignment):
            return super().StartVector(size, count, 16 if size == 1 else alignment)

    builder = AlignedBuilder(1 << 20)
    builder.Finish(network.Pack(builder), b"TFL3")
    return bytes(builder.Output())
