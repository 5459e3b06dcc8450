"""The browser's scripts, by Node's own runner and by TypeScript's eye; the worker as the server joins it."""

import pytest

from app.web import linking
from tests.infrastructure import node

RUNNER = ("--experimental-vm-modules", "--no-warnings", "--test", "--test-reporter=spec")
MODULES = {
    "js/a.js": "export const ONE = 1;\nexport async function two() { return 2; }\nconst own = 0;\nexport class Six {}",
    "js/sub/b.js": 'import { ONE as one, two } from "../a.js";\nimport * as a from "../a.js";\nconst own = one;\n',
}


def test_what_node_can_prove_of_the_scripts_holds() -> None:
    """What the tests in tests/js say; each names its rule."""
    tests = sorted(path.name for path in node.SCRIPTS.glob("*.test.js"))
    assert tests
    said = node.run(*RUNNER, *tests)
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_scripts_keep_to_their_types() -> None:
    said = node.run("node_modules/typescript/bin/tsc", "--project", ".")
    assert said.returncode == 0, said.stdout


def test_modules_become_one_script_with_a_scope_each() -> None:
    script = linking.link(MODULES, ["js/a.js", "js/sub/b.js"])
    assert 'const { ONE: one, two } = modules["js/a.js"];' in script
    assert 'const a = modules["js/a.js"];' in script
    assert "return { ONE, two, Six };" in script
    assert "import" not in script
    assert "export" not in script
    ran = node.run("--eval", script + "console.log(modules['js/a.js'].ONE)")
    assert ran.stdout == "1\n", ran.stderr


@pytest.mark.parametrize(
    "text",
    [
        'import { x } from "./later.js";',
        'import x from "./b.js";',
        'import "./b.js";',
        "export default 1;",
        "export { x };",
        'export * from "./b.js";',
    ],
)
def test_a_module_that_cannot_be_joined_stops_the_start(text: str) -> None:
    files = {"js/b.js": "export const x = 1;", "js/c.js": text, "js/later.js": ""}
    with pytest.raises(linking.NotLinked):
        linking.link(files, ["js/b.js", "js/c.js", "js/later.js"])


def test_what_a_script_needs_is_found_by_what_it_names() -> None:
    files = {
        "js/app.js": 'await import("./lazy.js"); new Worker("./deep/w.js"); import("https://x.example/y.js");',
        "js/lazy.js": 'import { a } from "./deep/a.js";',
        "js/deep/w.js": 'import "../lazy.js"; import "./gone.js";',
        "js/deep/a.js": "",
        "js/other.js": "",
    }
    assert linking.needed(files, ["js/app.js"]) == ["js/app.js", "js/deep/a.js", "js/deep/w.js", "js/lazy.js"]


def test_what_a_module_cannot_run_without_is_told_from_what_it_may_ask_for_later() -> None:
    files = {
        "js/app.js": 'import {\n  a,\n} from "./deep/a.js";\nimport * as b from "./b.js";\nawait import("./lazy.js");',
        "js/deep/a.js": 'import "../b.js";\n/** @type {import("../lazy.js").A} */',
        "js/b.js": "",
        "js/lazy.js": "",
    }
    assert linking.brought(files, "js/app.js") == ["js/app.js", "js/b.js", "js/deep/a.js"]
