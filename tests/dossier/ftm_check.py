"""Read FollowTheMoney statements with the package itself; run in an environment that has it.

    python ftm_check.py FILE

Every statement must name a schema and a property of the model, the property's own type, and a value that
this type accepts; all statements of one entity must make an entity.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from followthemoney import Statement, model
from followthemoney.dataset import Dataset
from followthemoney.statement import StatementEntity


def main() -> None:
    """Check a file, and print how many statements and entities it holds."""
    dataset = Dataset.make({"name": "earwitness", "title": "earwitness"})
    entities: dict[str, list[Statement]] = {}
    count = 0
    for line in Path(sys.argv[1]).read_text("utf-8").splitlines():
        data = json.loads(line)
        data.pop("earwitness")
        statement = Statement.from_dict(data)
        prop = model.get(statement.schema).get(statement.prop)
        assert prop is not None, statement.prop
        assert prop.type.name == data["prop_type"], statement.prop
        assert prop.type.validate(statement.value), (statement.prop, statement.value)
        entities.setdefault(statement.canonical_id, []).append(statement)
        count += 1
    for key, statements in entities.items():
        entity = StatementEntity.from_statements(dataset, statements)
        assert entity.id == key
        assert len(list(entity.statements)) >= len({(s.prop, s.value) for s in statements})
    print(f"{count} {len(entities)}")


if __name__ == "__main__":
    main()
