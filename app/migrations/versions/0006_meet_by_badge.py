"""Let a badge be how two people met, and let a scan of one wait for its owner."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "sightings",
        sa.Column("observer_id", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("attendance_id", sa.Integer(), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_as", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_sightings_attendance_id_attendance"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["observer_id"], ["people.id"], name=op.f("fk_sightings_observer_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("observer_id", "op_id", name=op.f("pk_sightings")),
    )
    with op.batch_alter_table("sightings") as batch_op:
        batch_op.create_index(batch_op.f("ix_sightings_attendance_id"), ["attendance_id"], unique=False)
    with op.batch_alter_table("observations") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_observations_how_known"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_observations_how_known"), "how IN ('card', 'short_code', 'badge', 'by_hand')"
        )
