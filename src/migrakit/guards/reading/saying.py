"""Code in one line, without what it holds: its strings may be passwords."""

from __future__ import annotations

import ast
from typing import Any

__all__ = ["shown"]

_LONGEST = 80


def shown(node: ast.AST) -> str:
    """A call as ``bind.execute(...)``, a statement as its first line."""
    bare: Any = _Bare().visit(node)
    said = ast.unparse(ast.fix_missing_locations(bare)).partition("\n")[0]
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 3]}..."


class _Bare(ast.NodeTransformer):
    """Makes anew what it changes: the tree is still read."""

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Call):
            return ast.Call(self.visit(node.func), [ast.Constant(...)] if node.args or node.keywords else [], [])
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.expr_context):
            return node if isinstance(node, ast.expr_context) else ast.Constant(...)
        return type(node)(**{name: self._part(part) for name, part in ast.iter_fields(node)})

    def _part(self, part: Any) -> Any:
        if isinstance(part, ast.AST):
            return self.visit(part)
        return [self._part(each) for each in part] if type(part) in (list,) else part
