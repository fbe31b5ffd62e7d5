"""Classes, objects and normals of points."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from tests.protocols.source_formats import files as made
from tests.protocols.source_formats.variants import Variant, one_file


def points(protocol: str, name: str, content: bytes, file: str, **more: Any) -> Variant:
    return one_file(protocol, protocol, name, content, file, "gt", **more)


PLACES = np.random.default_rng(3).normal(size=(12, 3))
PAINT = np.random.default_rng(4).integers(0, 256, (12, 3))
LABELS = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2])
NUMBERS = np.array([1, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 6])
SEMANTIC, OBJECTS_3D, NORMALS = "3d_semantic_segmentation", "3d_instance_segmentation", "3d_normal_estimation"
UNIT = PLACES / np.linalg.norm(PLACES, axis=1, keepdims=True)
BYTES = np.round((UNIT + 1) * 127.5)
DRAWN = BYTES / 127.5 - 1

SEMANTIC_3D = (
    points(
        SEMANTIC,
        "ScanNet's label x 1000 + number",
        made.rows(LABELS * 1000 + 1000 + NUMBERS),
        "gt/1.txt",
        word="ids",
        readings=("class_1000", "plain"),
        settled=("class_1000", (LABELS[None] + 1,)),
    ),
    points(SEMANTIC, "labels alone", made.rows(LABELS), "gt/1.txt", expected=(LABELS[None],)),
    points(SEMANTIC, "x y z label", made.rows(PLACES, LABELS), "gt/1.txt", expected=(LABELS[None],)),
    points(
        SEMANTIC, "x y z r g b label", made.rows(PLACES, PAINT, LABELS), "gt/1.txt", expected=(LABELS[None],)
    ),
    points(
        SEMANTIC,
        "x y z r g b label instance",
        made.npy(np.column_stack([PLACES, PAINT, LABELS, NUMBERS])),
        "gt/1.npy",
        expected=(LABELS[None],),
    ),
    points(SEMANTIC, "label instance", made.rows(LABELS, NUMBERS), "gt/1.txt", expected=(LABELS[None],)),
    points(
        SEMANTIC,
        "named columns of a .ply",
        made.ascii_ply("x y z label", PLACES, LABELS + 1),
        "gt/1.ply",
        expected=(LABELS[None] + 1,),
    ),
    points(
        SEMANTIC,
        "instance numbers that start again in each class",
        made.npy(np.column_stack([PLACES, PAINT, LABELS, [0, 1, 1, 0, 1, 1, 2, 0, 0, 1, 2, 2]])),
        "gt/1.npy",
        word="label_column",
        readings=("6", "7"),
        settled=("6", (LABELS[None],)),
    ),
    points(
        SEMANTIC,
        "Semantic3D's x y z i r g b",
        made.rows(PLACES, LABELS + 0.5, PAINT),
        "gt/1.txt",
        word="label_column",
        readings=("6",),
    ),
    points(
        SEMANTIC,
        "x y z r g b without a label",
        made.rows(PLACES, PAINT),
        "gt/1.txt",
        word="label_column",
        readings=("5", "4"),
    ),
    points(
        SEMANTIC,
        "a .ply with a 0",
        made.ascii_ply("x y z label", PLACES, LABELS),
        "gt/1.ply",
        word="void",
        readings=("0", "none"),
        settled=("none", (LABELS[None],)),
    ),
    points(
        "3d_part_segmentation",
        "x y z nx ny nz part",
        made.rows(PLACES, UNIT, LABELS),
        "gt/1.txt",
        expected=(LABELS,),
    ),
)


def objects(name: str, semantic: Any, numbers: Any, **more: Any) -> Variant:
    raw = {"semantic_label": np.asarray(semantic).tolist(), "instance_label": np.asarray(numbers).tolist()}
    return Variant(f"{OBJECTS_3D}: {name}", OBJECTS_3D, (raw,), **more)


FROM_0 = np.where(NUMBERS == 6, -100, NUMBERS - 1)
TRUE_OBJECTS = tuple(
    (np.flatnonzero(one == NUMBERS).tolist(), str(LABELS[one == NUMBERS][0])) for one in range(1, 7)
)
FIRST_FIVE = TRUE_OBJECTS[:5]

INSTANCE_3D = (
    objects("numbers from 1", LABELS, NUMBERS, expected=(TRUE_OBJECTS,)),
    objects(
        "SoftGroup: from 0, −100 for none", np.where(FROM_0 < 0, -100, LABELS), FROM_0, expected=(FIRST_FIVE,)
    ),
    objects(
        "0 over several classes is none",
        LABELS,
        np.where(np.isin(NUMBERS, (1, 6)), 0, NUMBERS),
        expected=(TRUE_OBJECTS[1:5],),
    ),
    objects(
        "from 0 without a point of none",
        LABELS,
        NUMBERS - 1,
        word="index_base",
        readings=("0", "1"),
        settled=("0", (TRUE_OBJECTS,)),
    ),
    points(
        OBJECTS_3D,
        "ScanNet's label x 1000 + number",
        made.rows(LABELS * 1000 + 1000 + NUMBERS),
        "gt/1.txt",
        expected=(tuple((where, str(int(label) + 1)) for where, label in TRUE_OBJECTS),),
    ),
    points(
        OBJECTS_3D,
        "x y z r g b label instance",
        made.npy(np.column_stack([PLACES, PAINT, LABELS, NUMBERS])),
        "gt/1.npy",
        expected=(TRUE_OBJECTS,),
    ),
    points(
        OBJECTS_3D,
        "x y z r g b",
        made.rows(PLACES, PAINT),
        "gt/1.txt",
        word="instance_column",
        readings=("5", "4"),
    ),
)

NORMALS_3D = (
    points(NORMALS, "PCPNet's .normals", made.rows(UNIT), "gt/1.normals", expected=(UNIT,)),
    points(
        NORMALS, "x y z nx ny nz", made.npy(np.column_stack([PLACES * 3, UNIT])), "gt/1.npy", expected=(UNIT,)
    ),
    points(
        NORMALS,
        "x y z r g b nx ny nz",
        made.npy(np.column_stack([PLACES * 3, PAINT, UNIT])),
        "gt/1.npy",
        expected=(UNIT,),
    ),
    points(
        NORMALS,
        "normals drawn in 8 bits",
        made.npy(BYTES),
        "gt/1.npy",
        expected=(DRAWN / np.linalg.norm(DRAWN, axis=1, keepdims=True),),
    ),
    points(NORMALS, "x y z r g b", made.rows(PLACES, PAINT), "gt/1.txt"),
    points(NORMALS, "r g b", made.rows(PAINT), "gt/1.txt"),
)

VARIANTS: Final = (*SEMANTIC_3D, *INSTANCE_3D, *NORMALS_3D)
