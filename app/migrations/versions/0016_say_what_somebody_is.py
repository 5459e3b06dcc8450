"""Let notes say what somebody is to their writer, and what comes next with them."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_notes_kind_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notes_kind_known"), "kind IN ('line', 'promise', 'fit', 'step')")
