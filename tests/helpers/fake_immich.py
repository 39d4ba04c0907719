"""A small Immich server for tests: it keeps a library in memory, and does what the real one is known to do.

Among that: album names are not unique; adding answers for each photo under status 200; a bulk update does all or
nothing; a stack takes photos out of others in silence; a search without visibility has hidden and archived photos, and
those of partners; a search by tag has those of the tags below it; `total` is the page's. Unknown fields are refused.
"""

import base64
import hashlib
import io
import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from PIL import Image, ImageOps

ME, PARTNER = str(uuid.UUID(int=1, version=4)), str(uuid.UUID(int=2, version=4))
KEY = "canary-0123456789-key"
OPEN = {"/server/ping", "/server/version", "/server/features", "/server/config"}
FILTER = {"albumIds", "personIds", "tagIds", "type", "visibility", "takenAfter", "updatedAfter", "isFavorite"}
FIELDS = {  # of bodies, by call; what is not named here is refused
    "POST /search/metadata": FILTER | {"page", "size", "order", "withExif", "withStacked", "withDeleted"},
    "POST /search/statistics": FILTER,
    "PUT /assets": {"ids", "isFavorite"},
    "DELETE /assets": {"ids", "force"},
    "POST /trash/restore/assets": {"ids"},
    "POST /albums": {"albumName", "description", "assetIds"},
    "PUT /albums/ID/assets": {"ids"},
    "DELETE /albums/ID/assets": {"ids"},
    "PUT /tags": {"tags"},
    "PUT /tags/ID/assets": {"ids"},
    "DELETE /tags/ID/assets": {"ids"},
    "POST /stacks": {"assetIds"},
}
PERMISSIONS = {
    "GET /users/me": "user.read",
    "GET /people": "person.read",
    "POST /search/metadata": "asset.read",
    "POST /search/statistics": "asset.statistics",
    "GET /assets/ID": "asset.read",
    "GET /assets/ID/thumbnail": "asset.view",
    "GET /assets/ID/original": "asset.download",
    "PUT /assets": "asset.update",
    "DELETE /assets": "asset.delete",
    "POST /trash/restore/assets": "asset.delete",
    "GET /albums": "album.read",
    "POST /albums": "album.create",
    "DELETE /albums/ID": "album.delete",
    "PUT /albums/ID/assets": "albumAsset.create",
    "DELETE /albums/ID/assets": "albumAsset.delete",
    "GET /tags": "tag.read",
    "PUT /tags": "tag.create",
    "PUT /tags/ID/assets": "tag.asset",
    "DELETE /tags/ID/assets": "tag.asset",
    "DELETE /tags/ID": "tag.delete",
    "GET /stacks": "stack.read",
    "GET /stacks/ID": "stack.read",
    "POST /stacks": "stack.create",
    "DELETE /stacks/ID": "stack.delete",
    "GET /api-keys/me": "",
}
FAULTS = ("500", "429", "503", "hang", "cut", "reset", "lost", "html")  # lost: done, but the answer never arrives
Reply = tuple[int, dict[str, str], bytes]  # status, headers, body
Result = tuple[Any, ...]  # status, body and its type
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Answer(Exception):
    def __init__(self, status: int, body: Any = None, kind: str = "application/json", **headers: str) -> None:
        super().__init__(status)
        self.status, self.body, self.kind, self.headers = status, body, kind, headers


class Broken(Exception):
    """The connection breaks: "hang", "cut" or "reset"."""


def refuse(message: str, status: int = 400) -> Answer:
    return Answer(status, {"message": message})


@dataclass
class Fault:
    """What goes wrong with the request number `at`, counted from the moment it was set."""

    kind: str
    at: int = 0
    match: str = ".*"
    times: int = 1
    retry_after: str = ""


@dataclass
class FakeImmich:
    url: str = "http://immich.test"
    version: tuple[int, int, int] = (3, 0, 3)
    trash: bool = True
    trash_days: int = 30
    maintenance: bool = False
    permissions: list[str] = field(default_factory=lambda: ["all"])
    assets: dict[str, dict[str, Any]] = field(default_factory=dict)
    content: dict[str, bytes] = field(default_factory=dict)
    albums: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, dict[str, Any]] = field(default_factory=dict)
    stacks: dict[str, str] = field(default_factory=dict)  # the asset on top, by id
    people: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    log: list[tuple[str, str, Any]] = field(default_factory=list)
    keys_seen: list[tuple[str, str]] = field(default_factory=list)  # host and key of each request
    faults: list[Fault] = field(default_factory=list)
    lie: dict[str, Any] = field(default_factory=dict)  # fields of a search's answer that are set to something else
    drop: set[str] = field(default_factory=set)  # fields that assets lack
    ids: Iterator[int] = field(default_factory=lambda: iter(range(10, 10_000_000)))
    lock: threading.Lock = field(default_factory=threading.Lock)

    # Filling it.

    def new_id(self) -> str:
        return str(uuid.UUID(int=next(self.ids) << 80, version=4))

    def add(self, name: str, data: bytes, taken: str = "2024-03-15T10:00:00.000Z", **facts: Any) -> str:
        id = self.new_id()
        width, height = (0, 0)
        if data[:2] == b"\xff\xd8":
            width, height = Image.open(io.BytesIO(data)).size
        self.assets[id] = {
            "id": id,
            "ownerId": ME,
            "type": "IMAGE",
            "originalFileName": name,
            "originalPath": f"/data/upload/{name}",
            "originalMimeType": "image/jpeg",
            "checksum": base64.b64encode(hashlib.sha1(data).digest()).decode(),
            "fileCreatedAt": taken,
            "localDateTime": taken,
            "updatedAt": taken,
            "isFavorite": False,
            "isTrashed": False,
            "isOffline": False,
            "visibility": "timeline",
            "livePhotoVideoId": None,
            "width": width or None,
            "height": height or None,
            "stack": None,
            "exifInfo": {"fileSizeInByte": len(data), "dateTimeOriginal": taken, "make": "Canon", "model": "Canon R6"},
            **facts,
        }
        self.content[id] = data
        return id

    def stack(self, *ids: str) -> str:
        """A stack with the first on top."""
        id = self.new_id()
        self.stacks[id] = ids[0]
        for one in ids:
            self.assets[one]["stack"] = id
        return id

    def album(self, name: str, *ids: str, description: str = "") -> str:
        id = self.new_id()
        self.albums[id] = {"id": id, "albumName": name, "description": description, "assets": list(ids)}
        return id

    def tag(self, value: str, *ids: str) -> str:
        """The tag of this value on these assets, made with its parents where it is missing."""
        parts = value.split("/")
        for n in range(len(parts)):
            part = "/".join(parts[: n + 1])
            if not any(one["value"] == part for one in self.tags.values()):
                new = self.new_id()
                self.tags[new] = {"id": new, "name": parts[n], "value": part, "assets": []}
        found = next(one for one in self.tags.values() if one["value"] == value)
        found["assets"] += [id for id in ids if id not in found["assets"]]
        return str(found["id"])

    def state(self) -> dict[str, Any]:
        """Everything that a client may change, in names."""
        called = {id: f"{one['originalFileName']} {id[:13]}" for id, one in self.assets.items()}
        members: dict[str, list[str]] = {}
        for id, one in self.assets.items():
            if one["stack"] in self.stacks:
                members.setdefault(one["stack"], []).append(called[id])

        def names_of(thing: dict[str, Any]) -> list[str]:
            return sorted(called.get(id, id) for id in thing["assets"])

        return {
            "albums": sorted((one["albumName"], one["description"], names_of(one)) for one in self.albums.values()),
            "tags": {one["value"]: names_of(one) for one in self.tags.values()},
            "favourites": sorted(called[id] for id, one in self.assets.items() if one["isFavorite"]),
            "trash": sorted(called[id] for id, one in self.assets.items() if one["isTrashed"]),
            "visibility": {called[id]: one["visibility"] for id, one in self.assets.items()},
            "stacks": sorted((called[self.stacks[id]], sorted(names)) for id, names in members.items()),
        }

    # Reaching it.

    def transport(self) -> httpx2.MockTransport:
        """For a client in this process; faults raise what httpx2 would."""

        def answer(request: httpx2.Request) -> httpx2.Response:
            try:
                status, headers, body = self.handle(
                    request.method,
                    request.url.raw_path.decode(),
                    dict(request.headers) | {"host": request.url.host},
                    request.read(),
                )
            except Broken as broken:
                if str(broken) == "hang":
                    raise httpx2.ReadTimeout("timed out", request=request) from None
                raise httpx2.RemoteProtocolError("peer closed connection", request=request) from None
            return httpx2.Response(status, headers=headers, content=body)

        return httpx2.MockTransport(answer)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Over HTTP on this machine; gives the address."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def _do(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    status, sent, data = fake.handle(self.command, self.path, headers, body)
                except Broken:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {**sent, "content-length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = _do

            def log_message(self, *_: object) -> None:
                """Nothing on standard error."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
            thread = threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{served.server_address[1]}"
            finally:
                served.shutdown()
                thread.join()

    def handle(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer to one request. Broken where there is none."""
        parts = urlsplit(target)
        path = parts.path.removeprefix("/api")
        with self.lock:
            sent = json.loads(body) if body else None
            self.log.append((method, path, sent))
            self.keys_seen.append((headers.get("host", ""), headers.get("x-api-key", "")))
            fault = self._fault(f"{method} {path}")
            if fault and fault.kind != "lost":
                return self._broken(fault)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            try:
                answer = Answer(*self._answer(method, path, query, sent, headers))
            except Answer as refused:
                answer = refused
        if fault:
            raise Broken("reset")
        data = (
            answer.body
            if isinstance(answer.body, bytes)
            else b""
            if answer.status == 204
            else json.dumps(answer.body).encode()
        )
        return answer.status, {"content-type": answer.kind, **answer.headers}, data

    def _fault(self, what: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and re.fullmatch(fault.match, what):
                if fault.at:
                    fault.at -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def _broken(self, fault: Fault) -> Reply:
        json_type = {"content-type": "application/json"}
        if fault.kind in ("hang", "cut", "reset"):
            raise Broken(fault.kind)
        if fault.kind == "html":
            return 502, {"content-type": "text/html"}, b"<html>502 Bad Gateway</html>"
        if fault.kind == "page":
            return 200, {"content-type": "text/html"}, b"<html>Please log in</html>"
        if fault.kind == "half":
            return 200, json_type, b'{"id": "'
        if fault.kind == "redirect":
            return 302, {"location": "http://elsewhere.test/api"}, b""
        if fault.kind == "list":
            return 400, json_type, b'{"message": ["name must be a string", "so it is"], "statusCode": 400}'
        after = {"retry-after": fault.retry_after} if fault.retry_after else {}
        return int(fault.kind), json_type | after, b'{"message": "Something is wrong"}'

    # What it does.

    def _answer(self, method: str, path: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Result:
        call = f"{method} {ID.sub('ID', path)}"
        if self.maintenance and path not in OPEN:
            raise refuse("Server is in maintenance mode", 503)
        if path not in OPEN:
            if headers.get("x-api-key") != KEY:
                raise refuse("Invalid API key", 401)
            if call not in PERMISSIONS:
                raise refuse(f"Cannot {method} /api{path}", 404)
            needed = PERMISSIONS[call]
            if needed and not {"all", needed} & {*self.permissions}:
                raise refuse(f"Missing required permission: {needed}", 403)
        if unknown := {*(body or {})} - FIELDS.get(call, set()):
            raise Answer(
                400, {"message": "Validation failed", "errors": [{"path": sorted(unknown), "message": "unknown"}]}
            )
        id = (ID.findall(path) or [""])[0]
        name = f"_{method.lower()}_{re.sub('[/-]', '_', ID.sub('id', path).strip('/'))}"
        return getattr(self, name)(id, query, body or {})

    def _get_server_version(self, *_: Any) -> Result:
        return 200, dict(zip(("major", "minor", "patch"), self.version, strict=True))

    def _get_server_features(self, *_: Any) -> Result:
        return 200, {"trash": self.trash}

    def _get_server_config(self, *_: Any) -> Result:
        return 200, {"trashDays": self.trash_days, "maintenanceMode": self.maintenance}

    def _get_api_keys_me(self, *_: Any) -> Result:
        return 200, {"permissions": self.permissions}

    def _get_users_me(self, *_: Any) -> Result:
        return 200, {"id": ME, "name": "Me"}

    def _get_people(self, *_: Any) -> Result:
        return 200, {
            "people": [{"id": id, "name": name} for id, (name, _) in self.people.items()],
            "hasNextPage": False,
        }

    def _shown(self, asset: dict[str, Any], whole: bool = False) -> dict[str, Any]:
        shown = {name: value for name, value in asset.items() if name not in self.drop}
        stack = asset["stack"] if asset["stack"] in self.stacks else None
        size = sum(one["stack"] == stack for one in self.assets.values()) if stack else 0
        shown["stack"] = {"id": stack, "primaryAssetId": self.stacks[stack], "assetCount": size} if stack else None
        if whole:
            shown["tags"] = [
                {"id": t["id"], "value": t["value"]} for t in self.tags.values() if asset["id"] in t["assets"]
            ]
        return shown

    def _found(self, b: dict[str, Any]) -> list[dict[str, Any]]:
        return sorted(
            (one for one in self.assets.values() if self._fits(one, b)), key=lambda a: (a["fileCreatedAt"], a["id"])
        )

    def _fits(self, a: dict[str, Any], b: dict[str, Any]) -> bool:
        below = [t for t in self.tags.values() for w in b.get("tagIds", ()) if self._is_under(t["value"], w)]
        return (
            a["visibility"] != "locked"
            and (b.get("withDeleted") or not a["isTrashed"])
            and b.get("type", a["type"]) == a["type"]
            and b.get("isFavorite", a["isFavorite"]) == a["isFavorite"]
            and a["fileCreatedAt"] >= b.get("takenAfter", "")
            and all(i in self.albums and a["id"] in self.albums[i]["assets"] for i in b.get("albumIds", ()))
            and all(a["id"] in self.people[i][1] for i in b.get("personIds", ()))
            and (not b.get("tagIds") or any(a["id"] in t["assets"] for t in below))
        )

    def _is_under(self, value: str, tag: str) -> bool:
        above = self.tags.get(tag, {"value": "\0"})["value"]
        return value == above or value.startswith(f"{above}/")

    def _post_search_metadata(self, _id: str, _q: Any, b: dict[str, Any]) -> Result:
        size, page = b.get("size", 250), b.get("page", 1)
        if not 1 <= size <= 1000 or page < 1:
            raise refuse("size must be 1 to 1000")
        found = self._found(b)
        items = [self._shown(one) for one in found[(page - 1) * size : page * size]]
        more = str(page + 1) if len(found) > page * size else None
        return 200, {"assets": {"items": items, "total": len(items), "nextPage": more, **self.lie}}

    def _post_search_statistics(self, _id: str, _q: Any, b: dict[str, Any]) -> Result:
        return 200, {"total": len(self._found(b))}

    def _own(self, id: str) -> dict[str, Any]:
        if id not in self.assets:
            raise refuse("Not found or no asset.read access")
        return self.assets[id]

    def _get_assets_id(self, id: str, *_: Any) -> Result:
        return 200, self._shown(self._own(id), whole=True)

    def _get_assets_id_thumbnail(self, id: str, query: dict[str, str], _b: Any) -> Result:
        data = self.content[self._own(id)["id"]]
        if query.get("size") != "preview":
            raise refuse("only previews are asked for")
        if data[:2] == b"\xff\xd8":
            picture, buffer = Image.open(io.BytesIO(data)), io.BytesIO()
            try:
                picture.thumbnail((1440, 1440))
                ImageOps.exif_transpose(picture).save(buffer, "JPEG", quality=80, exif=b"")
            except OSError:
                raise refuse("Asset media not found", 404) from None
            data = buffer.getvalue()
        return 200, data, "image/jpeg"

    def _get_assets_id_original(self, id: str, *_: Any) -> Result:
        return 200, self.content[self._own(id)["id"]], "application/octet-stream"

    def _all_mine(self, ids: list[str]) -> None:
        if not all(self.assets.get(id, {}).get("ownerId") == ME for id in ids):
            raise refuse("Not found or no asset.update access")

    def _put_assets(self, _id: str, _q: Any, b: dict[str, Any]) -> Result:
        self._all_mine(b["ids"])
        for id in b["ids"]:
            self.assets[id]["isFavorite"] = b["isFavorite"]
        return 204, None

    def _delete_assets(self, _id: str, _q: Any, b: dict[str, Any]) -> Result:
        self._all_mine(b["ids"])
        assert not b.get("force"), "nothing is ever deleted by force"
        for id in b["ids"]:
            self.assets[id]["isTrashed"] = True
        return 204, None

    def _post_trash_restore_assets(self, _id: str, _q: Any, b: dict[str, Any]) -> Result:
        self._all_mine(b["ids"])
        for id in b["ids"]:
            self.assets[id]["isTrashed"] = False
        return 200, {"count": len(b["ids"])}

    def _get_albums(self, *_: Any) -> Result:
        return 200, [
            {k: v for k, v in a.items() if k != "assets"} | {"assetCount": len(a["assets"])}
            for a in self.albums.values()
        ]

    def _post_albums(self, _id: str, _q: Any, b: dict[str, Any]) -> Result:
        id = self.album(b["albumName"], description=b.get("description", ""))
        return 201, {"id": id}

    def _one(self, things: dict[str, Any], id: str) -> Any:
        if id not in things:
            raise refuse("Not found or no access")
        return things[id]

    def _delete_albums_id(self, id: str, *_: Any) -> Result:
        self._one(self.albums, id)
        del self.albums[id]
        return 204, None

    def _add(self, there: list[str], ids: list[str]) -> Result:
        answers = []
        for id in ids:
            why = "duplicate" if id in there else "no_permission" if id not in self.assets else ""
            there += [] if why else [id]
            answers.append({"id": id, "success": not why, **({"error": why} if why else {})})
        return 200, answers

    def _remove(self, there: list[str], ids: list[str]) -> Result:
        answers = []
        for id in ids:
            inside = id in there
            there[:] = [one for one in there if one != id]
            answers.append({"id": id, "success": inside, **({} if inside else {"error": "not_found"})})
        return 200, answers

    def _put_albums_id_assets(self, id: str, _q: Any, b: dict[str, Any]) -> Result:
        return self._add(self._one(self.albums, id)["assets"], b["ids"])

    def _delete_albums_id_assets(self, id: str, _q: Any, b: dict[str, Any]) -> Result:
        return self._remove(self._one(self.albums, id)["assets"], b["ids"])

    def _get_tags(self, *_: Any) -> Result:
        return 200, [{k: v for k, v in one.items() if k != "assets"} for one in self.tags.values()]

    def _put_tags(self, _id: str, _q: Any, b: dict[str, Any]) -> Result:
        return 200, [{"id": self.tag(value), "value": value} for value in b["tags"]]

    def _put_tags_id_assets(self, id: str, _q: Any, b: dict[str, Any]) -> Result:
        return self._add(self._one(self.tags, id)["assets"], b["ids"])

    def _delete_tags_id_assets(self, id: str, _q: Any, b: dict[str, Any]) -> Result:
        return self._remove(self._one(self.tags, id)["assets"], b["ids"])

    def _delete_tags_id(self, id: str, *_: Any) -> Result:
        value = self._one(self.tags, id)["value"]
        for one in [t["id"] for t in self.tags.values() if t["value"] == value or t["value"].startswith(f"{value}/")]:
            del self.tags[one]
        return 204, None

    def _of_stack(self, id: str) -> dict[str, Any]:
        inside = [a for a in self.assets.values() if a["stack"] == id and not a["isTrashed"]]
        return {"id": id, "primaryAssetId": self.stacks[id], "assets": [self._shown(one) for one in inside]}

    def _get_stacks(self, _id: str, query: dict[str, str], _b: Any) -> Result:
        top = query.get("primaryAssetId")
        return 200, [self._of_stack(id) for id, first in self.stacks.items() if top in (None, first)]

    def _get_stacks_id(self, id: str, *_: Any) -> Result:
        self._one(self.stacks, id)
        return 200, self._of_stack(id)

    def _post_stacks(self, _id: str, _q: Any, b: dict[str, Any]) -> Result:
        ids = b["assetIds"]
        if len(ids) < 2:
            raise refuse("a stack has two assets or more")
        self._all_mine(ids)
        merged = [id for id, first in self.stacks.items() if first in ids]
        members = [*ids, *(a["id"] for a in self.assets.values() if a["stack"] in merged and a["id"] not in ids)]
        for id in merged:
            del self.stacks[id]
        return 201, {"id": self.stack(*members)}

    def _delete_stacks_id(self, id: str, *_: Any) -> Result:
        self._one(self.stacks, id)
        del self.stacks[id]
        return 204, None
