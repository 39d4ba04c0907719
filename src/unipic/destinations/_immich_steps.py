"""What one step does to an Immich server, and how exactly that is taken back.

Each kind of step reads how things are first (`before`), then acts (`do`). What `before` says was there already is not
touched, and not taken back. All of it may be done again after an interruption: nothing is doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from unipic.core.language import kept
from unipic.destinations._immich_journal import Past, Step
from unipic.sources.immich import Client, Connected, Lost, Refused, rows

TRIES = 5
GONE = (400, 404)  # how Immich answers about what it has no more
T = TypeVar("T")
Values = dict[str, Any]


class Steps:
    """Steps on one server. `made`: ids of tags that this or an earlier run made, so that empty ones may go."""

    def __init__(self, there: Connected, made: Iterable[str] = ()) -> None:
        self.client: Client = there.client
        self.made = set(made)

    def before(self, step: Step) -> Values:
        """How things are now."""
        return dict(getattr(self, f"_before_{step.kind}")(step))

    def do(self, step: Step, before: Values) -> Values:
        """Do it, and say what is now otherwise than `before`; "failed" has ids that could not be written, and why."""
        return dict(getattr(self, f"_do_{step.kind}")(step, before))

    def undo(self, step: Step, past: Past) -> list[str]:
        """Take back what the step did, or may have done. Returns what was left, and why."""
        return list(getattr(self, f"_undo_{step.kind}")(step, past))

    # Tags.

    def tags(self) -> dict[str, str]:
        """Ids by value."""
        return {str(tag.get("value")): str(tag.get("id")) for tag in self.client.get("/tags") or ()}

    def carriers(self, tags: dict[str, str], value: str, ids: Sequence[str]) -> set[str]:
        """Which of the assets carry a tag itself. A search by a tag finds those of the tags below it as well."""
        if value not in tags:
            return set()
        found = self._ids({"tagIds": [tags[value]], "withDeleted": True}) & {*ids}
        if not any(other.startswith(value + "/") for other in tags):
            return found
        return {id for id in found if tags[value] in {tag.get("id") for tag in self._asset(id).get("tags") or ()}}

    def _before_tag(self, step: Step) -> Values:
        tags = self.tags()
        carry = self.carriers(tags, step.name, step.ids)
        parts = step.name.split("/")
        new = [value for n in range(len(parts)) if (value := "/".join(parts[: n + 1])) not in tags]
        return {"lacking": [id for id in step.ids if id not in carry], "new": new}

    def _do_tag(self, step: Step, before: Values) -> Values:
        if not before["lacking"]:
            return {"added": [], "failed": {}}
        id = str(self.client.ask("PUT", "/tags", {"tags": [step.name]})[0]["id"])
        added, failed = self._in_bulk("PUT", f"/tags/{id}/assets", before["lacking"])
        tags = self.tags() if before["new"] else {}
        made = [tags[value] for value in before["new"] if value in tags]
        self.made |= {*made}
        return {"tag": id, "made": made, "added": added, "failed": failed}

    def _undo_tag(self, step: Step, past: Past) -> list[str]:
        before = past.before or {}
        tags, mine = self.tags(), (past.result or {}).get("added", before["lacking"])
        if step.name in tags and mine:
            self._in_bulk("DELETE", f"/tags/{tags[step.name]}/assets", mine)
        if "made" not in (past.result or {}):  # the answer was lost, so the names say which tags are its own
            self.made |= {tags[value] for value in before["new"] if value in tags}
        parts = step.name.split("/")
        for n in range(len(parts), 0, -1):
            self._drop_empty("/".join(parts[:n]))
        return []

    def _drop_empty(self, value: str) -> None:
        """Delete a tag that a run made, if no tag lies below it and no asset carries it."""

        def there() -> str:
            tags = self.tags()
            below = any(other.startswith(value + "/") for other in tags)
            return "" if below or tags.get(value) not in self.made else tags.get(value, "")

        id = there()
        if id and not next(rows(self.client, {"tagIds": [id], "withDeleted": True}), None):
            self._settled(partial(self._delete, f"/tags/{id}"), lambda: not there())

    # Albums.

    def albums(self) -> list[Values]:
        """Every album."""
        return [album for album in self.client.get("/albums") or () if isinstance(album, dict)]

    def marked(self, mark: str) -> Values | None:
        """The album whose description has this mark."""
        return next((one for one in self.albums() if mark in str(one.get("description")).split()), None)

    def inside(self, mark: str) -> set[str]:
        """Assets in the album with this mark."""
        there = self.marked(mark)
        return self._inside(str(there["id"])) if there else set()

    def _inside(self, album: str) -> set[str]:
        return self._ids({"albumIds": [album]})

    def _before_album(self, step: Step) -> Values:
        there = self.marked(step.mark)
        inside = self._inside(str(there["id"])) if there else set[str]()
        return {"album": there and there["id"], "lacking": [id for id in step.ids if id not in inside]}

    def _do_album(self, step: Step, before: Values) -> Values:
        there = before["album"] or (self.marked(step.mark) or {}).get("id")
        body = {"albumName": step.name, "description": f"Made by Unipic. {step.mark}"}
        new = there or self._settled(
            lambda: self.client.ask("POST", "/albums", body, again=False)["id"],
            lambda: (self.marked(step.mark) or {}).get("id"),
        )
        added, failed = self._in_bulk("PUT", f"/albums/{new}/assets", before["lacking"])
        return {"album": str(new), "added": added, "failed": failed}

    def _undo_album(self, step: Step, past: Past) -> list[str]:
        before, found = past.before or {}, self.marked(step.mark)
        if not found:
            known = (past.result or {}).get("album")
            changed = any(str(one.get("id")) == known for one in self.albums())
            return [kept("the album {name}, whose description was changed since", name=step.name)] if changed else []
        if not before["album"] and found.get("albumName") != step.name:
            return [kept("the album {name}, which was renamed since", name=step.name)]
        mine = (past.result or {}).get("added", before["lacking"])
        if mine:
            self._in_bulk("DELETE", f"/albums/{found['id']}/assets", mine)
        if before["album"]:
            return []
        if others := self._inside(str(found["id"])):
            return [kept("the album {name}, with {number} that others put into it", name=step.name, number=len(others))]
        self._settled(partial(self._delete, f"/albums/{found['id']}"), lambda: not self.marked(step.mark))
        return []

    # Favourites.

    def favourites(self, ids: Sequence[str]) -> set[str]:
        """Which of the assets are favourites."""
        return self._ids({"isFavorite": True}) & set(ids)

    def _before_favourite(self, step: Step) -> Values:
        are = self.favourites(step.ids)
        return {"lacking": [id for id in step.ids if id not in are]}

    def _do_favourite(self, step: Step, before: Values) -> Values:
        done = self._whole(before["lacking"], lambda ids: self._favour(ids, True))
        return {"added": done, "failed": {id: kept("not found") for id in before["lacking"] if id not in done}}

    def _undo_favourite(self, step: Step, past: Past) -> list[str]:
        mine = (past.result or {}).get("added", (past.before or {})["lacking"])
        still = self.favourites(mine)
        self._whole([id for id in mine if id in still], lambda ids: self._favour(ids, False))
        return []

    def _favour(self, ids: Sequence[str], on: bool) -> None:
        self.client.ask("PUT", "/assets", {"ids": list(ids), "isFavorite": on})

    # Stacks.

    def _before_stack(self, step: Step) -> Values:
        """The stacks that members are in now, which a new one would take them out of."""
        old: dict[str, Values] = {}
        trouble = ""
        for id in step.ids:
            asset = self._asset(id)
            stack = asset.get("stack") or {}
            if not asset:
                trouble = kept("a photo is no longer there")
            elif stack and str(stack["id"]) not in old:
                now = self._stacked(str(stack["id"]))
                old[str(stack["id"])] = {"ids": now}
                if len(now) != stack.get("assetCount"):
                    trouble = kept("a stack it is in has photos that are not shown, as in the trash")
        return {"old": [one["ids"] for one in old.values()], "trouble": trouble}

    def _stacked(self, id: str) -> list[str]:
        """The visible members of a stack, the top one first; none if it is gone."""
        stack = self._or_none(f"/stacks/{id}") or {}
        ids = [str(asset.get("id")) for asset in stack.get("assets") or ()]
        return sorted(ids, key=lambda one: one != stack.get("primaryAssetId"))

    def _on_top(self, ids: Sequence[str]) -> tuple[str, list[str]]:
        """The stack that has the first of the assets on top, and its members; "" if there is none."""
        for stack in self.client.get("/stacks", primaryAssetId=ids[0]) or ():
            return str(stack["id"]), [str(asset.get("id")) for asset in stack.get("assets") or ()]
        return "", []

    def _whole_stack(self, ids: Sequence[str]) -> str:
        """The stack of just these assets, the first on top; "" if there is none."""
        id, members = self._on_top(ids)
        return id if sorted(members) == sorted(ids) else ""

    def _do_stack(self, step: Step, before: Values) -> Values:
        if before["trouble"]:
            return {"stack": "", "failed": dict.fromkeys(step.ids, before["trouble"])}
        made = self._whole_stack(step.ids) or self._new_stack(step.ids)
        return {"stack": str(made), "failed": {}}

    def _new_stack(self, ids: Sequence[str]) -> str:
        return str(
            self._settled(
                lambda: self.client.ask("POST", "/stacks", {"assetIds": list(ids)}, again=False)["id"],
                lambda: self._whole_stack(ids),
            )
        )

    def _undo_stack(self, step: Step, past: Past) -> list[str]:
        before = past.before or {}
        was_so = any(old[0] == step.ids[0] and {*old} == {*step.ids} for old in before["old"] if old)
        if before["trouble"] or was_so:
            return []
        id, members = self._on_top(step.ids)
        if set(members) - set(step.ids):
            return [kept("a stack that was changed since")]
        if id and (past.result or {}).get("stack", id) == id:
            self._settled(partial(self._delete, f"/stacks/{id}"), lambda: self._on_top(step.ids)[0] != id)
        return [left for ids in before["old"] if (left := self._rebuild(ids))]

    def _rebuild(self, ids: Sequence[str]) -> str:
        """Make a stack again that was there before. Returns why not, or ""."""
        assets = {id: asset for id in ids if (asset := self._asset(id))}
        if len(assets) < 2 or self._whole_stack(list(assets)):
            return ""
        top = next(iter(assets))
        if any((asset.get("stack") or {}).get("primaryAssetId", top) != top for asset in assets.values()):
            return kept("an earlier stack, of which photos are in another one since")
        self._new_stack(list(assets))
        return ""

    # The trash.

    def _before_trash(self, step: Step) -> Values:
        return {"lacking": [id for id in step.ids if (asset := self._asset(id)) and not asset.get("isTrashed")]}

    def _do_trash(self, step: Step, before: Values) -> Values:
        """Never by `force`: what is in the trash can be put back."""
        done = self._whole(before["lacking"], lambda ids: self.client.ask("DELETE", "/assets", {"ids": list(ids)}))
        return {"added": done, "failed": {id: kept("not found") for id in before["lacking"] if id not in done}}

    def _undo_trash(self, step: Step, past: Past) -> list[str]:
        mine = (past.result or {}).get("added", (past.before or {})["lacking"])
        there = [id for id in mine if self._asset(id)]
        self._whole(there, lambda ids: self.client.ask("POST", "/trash/restore/assets", {"ids": list(ids)}))
        return (
            [kept("{number} photos that were deleted for good since", number=len(mine) - len(there))]
            if len(there) < len(mine)
            else []
        )

    # How things are asked.

    def _ids(self, wanted: Values) -> set[str]:
        return {str(row.get("id")) for row in rows(self.client, wanted)}

    def _asset(self, id: str) -> Values:
        return self._or_none(f"/assets/{id}") or {}

    def _or_none(self, path: str) -> Values | None:
        try:
            return dict(self.client.get(path) or {})
        except Refused as refused:
            if refused.permission or refused.status not in GONE:
                raise
            return None

    def _delete(self, path: str) -> bool:
        try:
            self.client.ask("DELETE", path, again=False)
        except Refused as refused:
            if refused.permission or refused.status not in GONE:
                raise
        return True

    def _in_bulk(self, method: str, path: str, ids: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        """Ids for which it holds now, and why it does not for the others: an answer of 200 may hold failures."""
        if not ids:
            return [], {}
        try:
            answers = self.client.ask(method, path, {"ids": list(ids)}) or ()
        except Refused as refused:
            if refused.permission or refused.status not in GONE or method == "PUT":
                raise
            return [], {}  # the album or tag is gone, and its content with it
        said = {str(one.get("id")): one for one in answers if isinstance(one, dict)}
        fine = ("duplicate", "not_found") if method == "DELETE" else ("duplicate",)
        done = [id for id in ids if (one := said.get(id, {})).get("success") or one.get("error") in fine]
        return done, {id: str(said.get(id, {}).get("error") or kept("no answer")) for id in ids if id not in {*done}}

    def _whole(self, ids: Sequence[str], call: Callable[[Sequence[str]], Any]) -> list[str]:
        """A call that does all or nothing, on halves where it refuses: for which ids it was done."""
        if not ids:
            return []
        try:
            call(ids)
        except Refused as refused:
            if refused.permission or refused.status not in GONE:
                raise
            if len(ids) == 1:
                return []
            middle = len(ids) // 2
            return self._whole(ids[:middle], call) + self._whole(ids[middle:], call)
        return list(ids)

    def _settled(self, do: Callable[[], T], is_done: Callable[[], T]) -> T:
        """Do what must not be sent twice. After a lost answer it is looked whether it is done."""
        for number in range(TRIES):
            try:
                return do()
            except Lost as lost:
                if found := is_done():
                    return found
                if not lost.passes or number == TRIES - 1:
                    raise
                self.client.wait(number)
        raise AssertionError("unreachable")
