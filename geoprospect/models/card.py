"""
A fitted ensemble as texts: a card in JSON, and each member as LightGBM text or JSON.

Texts are data: reading them runs nothing. The card says what a cube must hold
for the ensemble to mean anything on it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from geoprospect import contract
from geoprospect.errors import ModelError, listing
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.models.tuning import Tuned
from geoprospect.registry import MODELS

FORMAT = 2

Card = dict[str, Any]


def card(
    ensemble: PositiveUnlabelled,
    cube: xr.Dataset,
    *,
    model: str,
    settings: Mapping[str, Any],
    scores: Mapping[str, Any],
    versions: Mapping[str, str],
    left_out: Mapping[str, tuple[str, str]] | None = None,
    tuned: Tuned | None = None,
) -> Card:
    """
    What a reader, or another run, must know about an ensemble; ready for JSON.

    Parameters
    ----------
    ensemble : PositiveUnlabelled
        Fitted.
    cube : Dataset
        The cube it was trained on.
    model : str
        Name of the registered model.
    settings : mapping
        What was stated of it.
    scores : mapping
        How well it did in validation.
    versions : mapping
        Of the software that made it.
    left_out : mapping of layer to (why, layer that stands for it), optional
        Layers of the cube that the ensemble was not given.
    tuned : Tuned, optional
        The search that *settings* come of.

    Returns
    -------
    dict
        ``layers`` (name, long_name, units, categories by code, in order),
        ``settings``, ``seed``, ``scores``, ``versions``, and of each member's text
        the SHA-256 (``members``); ``left_out`` (``layer``, ``why``, ``by``) and ``tuned``
        (``settings``, ``value``, ``trials``) where they apply.
    """
    estimator = ensemble.estimator
    more: Card = {}
    if left_out:
        more["left_out"] = [
            {"layer": name, "why": why, "by": by} for name, (why, by) in left_out.items()
        ]
    if tuned is not None:
        more["tuned"] = {
            "settings": tuned.settings, "value": tuned.value, "trials": len(tuned.trials)
        }  # fmt: skip
    return {
        "format": FORMAT,
        "model": model,
        "ensemble": type(ensemble).__name__,
        "estimator": type(estimator).__name__,
        "layers": [_entry(cube[name], name) for name in ensemble.layers_],
        "settings": {
            "members": ensemble.members,
            "ratio": ensemble.ratio,
            "model": dict(settings),
            "estimator": {k: v for k, v in estimator.get_params().items() if v is not None},
        },
        "seed": ensemble.seed,
        "members": [_digest(text) for text in texts(ensemble)],
        "scores": dict(scores),
        "versions": dict(versions),
        **more,
    }


def to_json(card: Card) -> str:
    """The card as a JSON text, the same for the same card."""
    return json.dumps(card, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def texts(ensemble: PositiveUnlabelled) -> list[str]:
    """Each member as LightGBM text, or as JSON where it is no trees."""
    return list(ensemble.texts)


def from_texts(card: Card, texts: Sequence[str]) -> PositiveUnlabelled:
    """
    The fitted ensemble back from its card and its members' texts.

    Raises
    ------
    ModelError
        If the card is of another format, or the texts are not what it says.
    """
    _check_card(card, texts)
    settings = card["settings"]
    estimator = MODELS[card["model"]](seed=card["seed"], **settings["model"])
    ensemble = PositiveUnlabelled(
        estimator.set_params(**settings["estimator"]),
        members=settings["members"],
        ratio=settings["ratio"],
        seed=card["seed"],
    )
    ensemble.layers_ = [entry["name"] for entry in card["layers"]]
    ensemble.categorical_ = [e["name"] for e in card["layers"] if e["categories"] is not None]
    if ensemble.trees:
        ensemble.members_ = [_booster(i, text, ensemble.layers_) for i, text in enumerate(texts)]
    else:
        ensemble.members_ = [type(estimator).from_text(text) for text in texts]
    return ensemble


def check_layers(card: Card, cube: xr.Dataset) -> None:
    """
    Refuse a cube whose evidence is not what the ensemble was trained on.

    Raises
    ------
    ModelError
        Naming every layer that is missing, too many, out of order, or has other
        units or categories.
    """
    wanted, there = [entry["name"] for entry in card["layers"]], contract.evidence(cube)
    problems = [f"layer {name!r} is missing" for name in wanted if name not in there]
    problems += [f"layer {name!r} is not one it knows" for name in there if name not in wanted]
    if not problems and wanted != there:
        problems.append(f"its layers are in the order {', '.join(wanted)}, not {', '.join(there)}")
    for entry in card["layers"]:
        if entry["name"] in there:
            problems += _differences(entry, _entry(cube[entry["name"]], entry["name"]))
    if problems:
        raise ModelError(
            listing("the model does not fit this cube; train it anew, or mend the cube:", problems)
        )


def _entry(layer: xr.DataArray, name: str) -> Card:
    categories = None
    if contract.is_categorical(layer):
        categories = {str(code): text for code, text in contract.meanings(layer).items()}
    return {
        "name": name,
        "long_name": layer.attrs["long_name"],
        "units": layer.attrs["units"],
        "categories": categories,
    }


def _differences(wanted: Card, there: Card) -> list[str]:
    name = wanted["name"]
    problems = []
    if wanted["units"] != there["units"]:
        problems.append(f"layer {name!r} is in {there['units']!r}, not {wanted['units']!r}")
    if wanted["categories"] != there["categories"]:
        problems.append(
            f"layer {name!r} has other categories: {_told(there['categories'])}, "
            f"not {_told(wanted['categories'])}"
        )
    return problems


def _told(categories: Mapping[str, str] | None) -> str:
    if categories is None:
        return "none"
    return ", ".join(f"{code} = {meaning}" for code, meaning in categories.items())


def _check_card(card: Card, texts: Sequence[str]) -> None:
    """LightGBM crashes on a damaged text, so none reaches it that is not the one written."""
    if card.get("format") != FORMAT:
        raise ModelError(
            f"the model card has format {card.get('format')!r}, this version reads {FORMAT}; "
            "train the model anew"
        )
    missing = [key for key in ("model", "layers", "settings", "seed", "members") if key not in card]
    if missing:
        raise ModelError(f"the model card lacks {', '.join(missing)}; train the model anew")
    wanted = len(card["members"])
    if wanted != len(texts):
        raise ModelError(f"the model card tells of {wanted} members, there are {len(texts)}")
    for number, (text, digest) in enumerate(zip(texts, card["members"], strict=True)):
        if _digest(text) != digest:
            raise ModelError(
                f"member {number} of the model is damaged: its text is not the one the card was "
                "written for; copy the model folder again, or train the model anew"
            )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _booster(number: int, text: str, layers: list[str]) -> Any:
    from lightgbm import Booster

    booster = Booster(model_str=text)
    if booster.feature_name() != layers:
        raise ModelError(
            f"member {number} of the model was trained on {', '.join(booster.feature_name())}, "
            f"but the card says {', '.join(layers)}"
        )
    return booster
