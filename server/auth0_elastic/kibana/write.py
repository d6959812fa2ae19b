"""Keeps the package's files in step with the definitions."""

from pathlib import Path

from auth0_elastic.errors import PackageError


def differences(folder: Path, files: dict[str, str]) -> list[str]:
    """The paths below `folder` that are missing, superfluous or different, sorted."""
    present = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    changed = {name for name, text in files.items() if name in present and present[name].read_text("utf-8") != text}
    return sorted(changed | (files.keys() ^ present.keys()))


def write(folder: Path, files: dict[str, str]) -> list[str]:
    """Makes `folder` hold these files and no others; returns what was written or removed."""
    if not folder.parent.is_dir():
        raise PackageError(f"{folder.parent} is not there: the files are written in a checkout of the repository")
    changed = differences(folder, files)
    for name in changed:
        path = folder / name
        if name not in files:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], encoding="utf-8")
    return changed
