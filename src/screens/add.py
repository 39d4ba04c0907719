"""The first screen: photos from this device, from a folder on the server, or made on the spot."""

import streamlit as st

from screens.parts.immich_photos import photos_of_immich
from screens.parts.resume import resume
from screens.parts.run_settings import RunSettings, run_settings
from screens.parts.server_folder import in_words, real_folder, server_folders
from screens.parts.uploader import uploader
from screens.parts.words import count, failed, plain, size
from screens.session import session
from server.immich_runs import lend_key
from server.keeping import kept_for
from server.operator import max_upload
from server.runs import Run
from server.state import server
from server.uploads import gigabytes
from unipic.core.errors import SourceError
from unipic.core.language import gettext as _
from unipic.core.settings import Limits


def screen() -> None:
    st.title(_("Keep the best shot, lose the clutter"))
    st.markdown(
        _(
            "Unipic finds copies of the **same picture** and shots of the **same moment**, suggests the best of "
            "each and says why. You decide, and get a clean gallery. Your originals are only read."
        )
    )
    if session.lost:
        st.warning(_("This review no longer exists (deleted or mistyped link)."), icon=":material/history:")
    if session.lost_upload:
        st.warning(_("This upload no longer exists. Please add your photos again."), icon=":material/history:")
    resume(shown=session.collecting.token)
    device, folder, samples, immich = st.tabs(
        [
            _(":material/upload: From this device"),
            _(":material/folder_open: Folder on the server"),
            _(":material/photo_library: Sample photos"),
            _(":material/cloud: Immich"),
        ]
    )
    chosen = run_settings()
    with device:
        _upload(chosen)
    with folder:
        _folder(chosen)
    with samples:
        _samples(chosen)
    with immich:
        _immich(chosen)


def _upload(chosen: RunSettings) -> None:
    run = session.collecting
    uploads = run.uploads()
    uploader(run.token, len(uploads), sum(upload.size for upload in uploads), key=f"uploader-{run.token}")
    st.caption(
        _(
            "Up to {size} per file, {total} in total.",
            size=plain(gigabytes(Limits().max_file)),
            total=plain(gigabytes(max_upload())),
        )
    )
    if not uploads:
        st.caption(_("Photos go to this Unipic server only. They are deleted {when}.", when=plain(kept_for())))
        return
    total = sum(upload.size for upload in uploads)
    st.markdown(_("**{files}** uploaded, {size}.", files=count(len(uploads), "file"), size=plain(size(total))))
    st.button(
        _("Find copies and best shots in {files}", files=count(len(uploads), "file")),
        type="primary",
        icon=":material/search:",
        on_click=_start,
        args=(run, chosen),
        key="start-upload",
    )


def _folder(chosen: RunSettings) -> None:
    folders = server_folders("")
    label = _("Find copies and best shots in {folders}", folders=in_words(folders))
    if folders and st.button(label, type="primary", icon=":material/search:", key="start-folder"):
        try:
            real = tuple(str(real_folder(folder)) for folder in folders)
        except SourceError as error:
            failed(error)
            return
        _start(server().runs.new("folder", real), chosen)
        _to_review()


def _samples(chosen: RunSettings) -> None:
    st.markdown(
        _("A small gallery, made on this server without a network: bursts, copies, a sideways photo and a broken file.")
    )
    if st.button(_("Try it with sample photos"), type="primary", icon=":material/play_arrow:", key="start-samples"):
        _start(server().runs.new("samples"), chosen)
        _to_review()


def _immich(chosen: RunSettings) -> None:
    wanted = photos_of_immich()
    if wanted is None:
        return
    label = _("Find copies and best shots in {photos}", photos=count(wanted.photos, "photo"))
    if st.button(label, type="primary", icon=":material/search:", key="start-immich", disabled=not wanted.photos):
        run = server().runs.new("immich", (wanted.name,))
        lend_key(run, wanted.server, wanted.originals)
        _start(run, chosen)
        _to_review()


def _start(run: Run, chosen: RunSettings) -> None:
    run.change(settings=chosen.settings())
    server().jobs.start(run)
    session.show(run)


def _to_review() -> None:
    run = session.run
    st.switch_page("review.py", query_params={"run": run.token} if run else None)


screen()
run = session.run
if run and session.widget("start-upload"):
    _to_review()
server().jobs.prepare()
