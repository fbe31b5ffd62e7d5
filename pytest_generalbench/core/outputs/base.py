"""Base class of structured outputs, and their plain form: JSON, with arrays in a .npz file.

A form is a frozen dataclass whose fields are numbers, texts, None, `Rle`, numpy arrays, named
tuples of these, or tuples of these. Its plain form is `{"form": name, "values": {…}}`; arrays are
named there and lie together in one .npz file, `{"file": …}`. Nothing is ever pickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import tokenize
import types
import typing
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import IO, TYPE_CHECKING, Any, ClassVar, Final, TypeVar, cast

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import DataError, UnknownWordError
from pytest_generalbench.core.zip_directory import directory_size

if TYPE_CHECKING:
    import numpy as np

Put = Callable[[bytes, str], str]
"""Keeps bytes under a name made from their content and an ending, and returns the name."""

Get = Callable[[str], bytes]
"""Returns the bytes kept under a name."""

_DAMAGE: Final = (
    ValueError, OSError, zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError, SyntaxError,
    tokenize.TokenError, MemoryError,
)  # fmt: skip
"""What numpy and zipfile raise at a file that is damaged, encrypted, or lies about its size."""


class AnswerFormatError(DataError):
    """A structured output has a wrong shape, type or range; the message says which."""


_FORMS: dict[str, type[StructuredOutput]] = {}


@dataclass(frozen=True, slots=True, eq=False)
class StructuredOutput:
    """Base class of structured outputs. A subclass names its `form` and validates in `__post_init__`.

    It is a dataclass with `eq=False`: two answers are equal when their plain forms are, since
    arrays have no equality of their own.
    """

    form: ClassVar[str] = ""
    medium: ClassVar[str] = "map"
    """What an answer of this form is, one of `vocabulary.MEDIA`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the form by its name."""
        # `slots=True` makes a second class of the same name; the later one replaces it.
        if cls.form:
            _FORMS[cls.form] = cls

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        return isinstance(other, StructuredOutput) and answer_key(self) == answer_key(other)

    def __hash__(self) -> int:
        """Hash by content."""
        return hash(answer_key(self))

    def keep(self, put: Put) -> dict[str, Any]:
        """Return the plain form; arrays go through `put` as one .npz file."""
        values, arrays = _flattened(self)
        value: dict[str, Any] = {"form": self.form, "values": values}
        if arrays:
            import numpy as np

            buffer = io.BytesIO()
            np.savez_compressed(buffer, **cast("dict[str, Any]", arrays))
            value["file"] = put(buffer.getvalue(), ".npz")
        return value

    @classmethod
    def restore(cls, plain: Mapping[str, Any], get: Get) -> StructuredOutput:
        """Rebuild the output from its plain form. Raises AnswerFormatError for anything else."""
        arrays = read_arrays(get(str(plain["file"]))) if plain.get("file") else {}
        return build(cls, plain["values"], arrays)

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read the answer from an entry of a prediction file; `read` returns a file's content by its name.

        Taken are the plain form, its `values` alone, and the name of a .npz file with an array
        for each field. A form with customs of its own (COCO lists, PNG, .flo) adds them.
        """
        if isinstance(value, str) and value.endswith(".npz"):
            arrays = read_arrays(read(value))
            return build(cls, {name: {"array": name} for name in arrays}, arrays)
        return read_plain(cls, value, read)


Kind = TypeVar("Kind", bound=StructuredOutput)


def form_names() -> tuple[str, ...]:
    """Return every form's name, sorted."""
    return tuple(sorted(_forms()))


def _forms() -> Mapping[str, type[StructuredOutput]]:
    """Return all forms by name."""
    from pytest_generalbench.core import outputs

    outputs.import_forms()
    return _FORMS


def form_of(name: str) -> type[StructuredOutput]:
    """Return the form of that name."""
    kind = _FORMS.get(name) or _forms().get(name)
    if kind is None:
        raise UnknownWordError("answer form", name, _FORMS)
    return kind


def _flattened(answer: StructuredOutput) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Return the fields as JSON values, and the arrays that they name."""
    import numpy as np

    from pytest_generalbench.core.outputs.codecs.images.rle import Rle

    if _FORMS.get(answer.form) is not type(answer):
        forms = ", ".join(_forms())
        raise AnswerFormatError(f"a {type(answer).__name__} is no answer form; choose from: {forms}")
    arrays: dict[str, np.ndarray[Any, Any]] = {}

    def plain(value: Any, name: str) -> Any:
        if isinstance(value, Rle):
            return value.to_plain()
        if isinstance(value, np.ndarray):
            if value.dtype.hasobject:
                raise AnswerFormatError(f"{answer.form}: {name} holds Python objects, not numbers")
            arrays[name] = value
            return {"array": name}
        if isinstance(value, tuple):
            return [plain(item, f"{name}.{position}") for position, item in enumerate(value)]
        if isinstance(value, np.generic):
            return value.item()
        if value is None or isinstance(value, str | int | float):
            return value
        raise AnswerFormatError(f"{answer.form}: {name} is a {type(value).__name__}, which no file can hold")

    return {item.name: plain(getattr(answer, item.name), item.name) for item in fields(answer)}, arrays


def check_answer(answer: StructuredOutput) -> None:
    """Raise AnswerFormatError for an answer that cannot be written as JSON."""
    _flattened(answer)


def answer_to_plain(answer: StructuredOutput, put: Put) -> dict[str, Any]:
    """Return the plain form; arrays and media are stored as files through `put`."""
    check_answer(answer)
    return answer.keep(put)


def answer_key(answer: StructuredOutput) -> str:
    """Return 16 hex digits that are the same for equal answers."""
    plain = answer_to_plain(answer, lambda content, ending: hashlib.sha256(content).hexdigest() + ending)
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def read_arrays(content: bytes) -> dict[str, np.ndarray[Any, Any]]:
    """Read a .npz without unpickling. Raises AnswerFormatError for one that holds objects or is too large."""
    import numpy as np

    try:
        check_members(io.BytesIO(content))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            why = limits.DECODED.excess(sum(member.file_size for member in members))
            if why:
                raise AnswerFormatError(f"the .npz: {why}")
            for member in members:
                with archive.open(member) as file:
                    _check_array(file, member.filename, member.file_size)
        with np.load(io.BytesIO(content), allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}
    except _DAMAGE as error:
        reason = " ".join(str(error).split())[:200]
        raise AnswerFormatError(f"not a .npz of plain arrays ({type(error).__name__}: {reason})") from error


_DIRECTORY: Final = 4 << 20
"""Bytes of the list of arrays of a .npz: some 50,000 arrays."""


def check_members(file: IO[bytes]) -> None:
    """Raise AnswerFormatError for a .npz that lists more arrays than any has."""
    size = directory_size(file)
    if size > _DIRECTORY:
        raise AnswerFormatError(f"the .npz lists its arrays in {size} bytes, more than {_DIRECTORY}")


def array_from(values: Any, what: str) -> np.ndarray[Any, Any]:
    """Return numbers in lists or an array as one array. Raises AnswerFormatError for ragged ones."""
    import numpy as np

    try:
        return np.asarray(values)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120]
        raise AnswerFormatError(f"{what}: not one array of numbers ({reason})") from error


def read_array(content: bytes, name: str) -> np.ndarray[Any, Any]:
    """Read a .npy without unpickling. Raises AnswerFormatError for one of objects, or cut short."""
    import numpy as np

    try:
        _check_array(io.BytesIO(content), name, len(content))
        array: np.ndarray[Any, Any] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except _DAMAGE as error:
        reason = " ".join(str(error).split())[:200]
        raise AnswerFormatError(f"{name}: not a .npy of plain numbers ({reason})") from error
    return array


def _check_array(file: IO[bytes], name: str, size: int) -> None:
    """Raise ValueError for a .npy of `size` bytes whose header states more than that, or objects."""
    import numpy as np

    start = file.read(8)
    if start[:6] != np.lib.format.MAGIC_PREFIX:
        return  # numpy gives what is no array as bytes
    npy = np.lib.format
    read_header = npy.read_array_header_1_0 if start[6:7] == b"\1" else npy.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize > size:
        what = "objects" if dtype.hasobject else "fewer numbers than it states"
        raise ValueError(f"{name}: {dtype} of shape {shape}, and {what} in it")


def answer_from_plain(plain: Any, get: Get) -> StructuredOutput:
    """Rebuild an answer from its plain form. Raises AnswerFormatError when it is none."""
    if not isinstance(plain, Mapping) or "form" not in plain or not isinstance(plain.get("values"), Mapping):
        raise AnswerFormatError(f"an answer is {{'form': …, 'values': …}}, not {plain!r:.80}")
    try:
        kind = form_of(plain["form"])
    except UnknownWordError as error:
        raise AnswerFormatError(str(error)) from error
    return kind.restore(plain, get)


def is_plain(value: Any) -> bool:
    """Return whether an entry of a prediction file is a plain form: an object that names its form."""
    return isinstance(value, Mapping) and "form" in value


def read_plain(kind: type[Kind], value: Any, read: Get) -> Kind:
    """Read an answer of `kind` from its plain form, or from that form's `values` alone."""
    if is_plain(value):
        answer = answer_from_plain(value, read)
    elif isinstance(value, Mapping):
        answer = build(kind, value, {})
    else:
        raise AnswerFormatError(f"no {kind.form}: {value!r:.80}")
    if not isinstance(answer, kind):
        raise AnswerFormatError(f"a {answer.form} where a {kind.form} is due")
    return answer


def build(
    kind: type[StructuredOutput], values: Mapping[str, Any], arrays: Mapping[str, Any]
) -> StructuredOutput:
    """Make an answer of `kind` from plain values, by the types of its fields."""
    from pytest_generalbench.core.outputs.codecs.images.rle import RleError

    hints = typing.get_type_hints(kind)
    try:
        given = {item.name: _value(hints[item.name], values[item.name], arrays) for item in fields(kind)}
        return kind(**given)
    except (KeyError, TypeError, ValueError, RleError) as error:
        raise AnswerFormatError(f"no {kind.form}: {type(error).__name__} {error}") from error


@cache
def _leaf_types() -> tuple[type, Callable[[Any], Any], tuple[Any, ...]]:
    """Return the type of masks, what reads one, and the origins of the types of arrays."""
    import numpy as np
    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs.codecs.images.rle import Rle, rle_from_plain

    # From numpy 2.5 on NDArray is a type alias of its own, and the origin of NDArray[...] is that alias.
    return Rle, rle_from_plain, (np.ndarray, typing.get_origin(NDArray[Any]))


def _value(hint: Any, plain: Any, arrays: Mapping[str, Any]) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if plain is None and type(None) in args:
            return None
        return _value(next(item for item in args if item is not type(None)), plain, arrays)
    if origin is tuple:
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_value(args[0], item, arrays) for item in plain)
        return tuple(_value(one, item, arrays) for one, item in zip(args, plain, strict=True))
    mask, read_mask, array_types = _leaf_types()
    if hint is mask:
        return read_mask(plain)
    if hint in array_types or origin in array_types:
        return arrays[plain["array"]]
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        inner = typing.get_type_hints(hint)
        return hint(
            *(_value(inner[name], item, arrays) for name, item in zip(hint._fields, plain, strict=True))
        )
    if origin is not None:
        # A fault of the form, not of the answer: passed over, every answer would be unparsable in silence.
        raise NotImplementedError(f"fields of type {hint} cannot be read")
    if hint is float:
        return float(plain)
    if isinstance(hint, type) and not isinstance(plain, hint):
        raise TypeError(f"{plain!r:.40} is no {hint.__name__}")
    return plain
