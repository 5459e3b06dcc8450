"""Excused places, substitutes, and since when the door stands for whom; whoever is there already, it stood for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("in_place_of_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("vouched_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint("state_known", type_="check")
        batch_op.drop_constraint("origin_known", type_="check")
        batch_op.create_check_constraint("state_known", "state IN ('invited', 'going', 'present', 'late', 'excused')")
        batch_op.create_check_constraint("origin_known", "origin IN ('list', 'walk_in', 'substitute')")
        batch_op.create_check_constraint(
            "in_place_of_by_substitutes", "in_place_of_id IS NULL OR origin = 'substitute'"
        )
        batch_op.create_index(
            "uq_attendance_one_substitute",
            ["in_place_of_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'excused'"),
            postgresql_where=sa.text("state <> 'excused'"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_attendance_in_place_of_id_attendance"),
            "attendance",
            ["in_place_of_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.execute("UPDATE attendance SET vouched_at = created_at")
    with op.batch_alter_table("attendance_changes", schema=None) as batch_op:
        batch_op.drop_constraint("how_known", type_="check")
        batch_op.create_check_constraint("how_known", "how IN ('self', 'organiser', 'helper', 'import')")
