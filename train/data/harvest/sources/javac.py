"""Java: the compiler's messages and those of the JDK's tools, read out of their resource bundles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, PhraseKind, Source
from train.data.harvest.tools import needs, output

_BUNDLES = {
    "com.sun.tools.javac.resources.compiler": ("javac", "jdk.compiler"),
    "com.sun.tools.javac.resources.javac": ("javac", "jdk.compiler"),
    "com.sun.tools.javac.resources.launcher": ("Java", "jdk.compiler"),
    "sun.launcher.resources.launcher": ("Java", "java.base"),
    "sun.security.util.resources.security": ("Java", "java.base"),
    "sun.security.util.Resources": ("Java", "java.base"),
    "sun.security.tools.keytool.Resources": ("keytool", "java.base"),
    "sun.tools.jar.resources.jar": ("jar", "jdk.jartool"),
    "sun.security.tools.jarsigner.Resources": ("jarsigner", "jdk.jartool"),
    "jdk.internal.jshell.tool.resources.l10n": ("JShell", "jdk.jshell"),
    "jdk.javadoc.internal.tool.resources.javadoc": ("javadoc", "jdk.javadoc"),
    "com.sun.tools.javap.resources.javap": ("javap", "jdk.jdeps"),
    "com.sun.tools.jdeps.resources.jdeps": ("jdeps", "jdk.jdeps"),
    "jdk.tools.jlink.resources.jlink": ("jlink", "jdk.jlink"),
    "com.sun.org.apache.xerces.internal.impl.msg.XMLMessages": ("Java", "java.xml"),
    "com.sun.org.apache.xerces.internal.impl.msg.XMLSchemaMessages": ("Java", "java.xml"),
}
_PROGRAM = r"""
import java.util.*;
public class Dump {
    public static void main(String[] names) throws Exception {
        Locale.setDefault(Locale.ROOT);
        for (int i = 0; i + 1 < names.length; i += 2) {
            try {
                Module module = ModuleLayer.boot().findModule(names[i + 1]).orElseThrow();
                ResourceBundle bundle = ResourceBundle.getBundle(names[i], Locale.ROOT, module);
                for (String key : bundle.keySet()) {
                    Object value = bundle.getObject(key);
                    if (value instanceof String) System.out.println(names[i] + "\t" + key + "\t"
                        + ((String) value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", " ").replace("\r", ""));
                }
            } catch (Exception e) { System.err.println(names[i] + ": " + e); }
        }
    }
}
"""


def gather() -> Iterator[Phrase]:
    """Errors of `compiler.err.…` keys, warnings and notes as infos; other bundles by form and words."""
    arguments = [part for bundle, (_, module) in _BUNDLES.items() for part in (bundle, module)]
    opened = []
    for bundle, (_, module) in _BUNDLES.items():
        opened += ["--add-opens", f"{module}/{bundle.rpartition('.')[0]}=ALL-UNNAMED"]
    with TemporaryDirectory(prefix="harvest-") as folder:
        program = Path(folder) / "Dump.java"
        program.write_text(_PROGRAM, encoding="utf-8")
        modules = ",".join(sorted({module for _, module in _BUNDLES.values()}))
        dumped = output(["java", "--add-modules", modules, *opened, program, *arguments], cwd=Path(folder))
    for row in dumped.splitlines():
        bundle, key, text = row.split("\t", 2)
        app = _BUNDLES[bundle][0]
        text = text.replace("\\n", "\n").replace("\\\\", "\\").replace("''", "'")
        kind: PhraseKind | None = None
        if key.startswith("compiler.err."):
            kind, app = "error", "Java"
        elif key.startswith("compiler."):
            kind = None if "(compiler.misc" in key else "info"
            app = "Java"
        category = _category(key) if kind == "error" else None
        yield from phrases(
            SOURCE.name, text, app, style="brace", kind=kind, category=category, markup=False, mnemonics=False
        )


def _category(key: str) -> str | None:
    name = key.removeprefix("compiler.err.")
    if name.startswith(
        ("cant.resolve", "already.defined", "expected", "illegal", "premature", "unclosed", "not.stmt", "not.def")
    ):
        return "syntax"
    if name.startswith(
        ("prob.found.req", "incompatible", "incomparable", "cant.apply", "operator.cant", "types.incompatible")
    ):
        return "type"
    return "import_dependency" if name.startswith(("doesnt.exist", "module.not.found", "cant.access")) else None


SOURCE = Source("javac", gather, needs("java", package="default-jdk-headless"))
