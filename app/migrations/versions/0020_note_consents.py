"""Note what was agreed to, and when it was taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=16), nullable=False),
        sa.Column("wording", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_how", sa.String(length=16), nullable=True),
        sa.CheckConstraint(
            "how IN ('newcomer', 'card', 'settings', 'letter', 'code', 'merge')", name=op.f("ck_consents_how_known")
        ),
        sa.CheckConstraint(
            "withdrawn_how IN ('newcomer', 'card', 'settings', 'letter', 'code', 'merge')",
            name=op.f("ck_consents_withdrawn_how_known"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_how IS NULL)", name=op.f("ck_consents_withdrawn_somehow")
        ),
        sa.CheckConstraint("wording >= 1", name=op.f("ck_consents_in_words")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_consents_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index("ix_consents_person_id", ["person_id"], unique=False)
        batch_op.create_index(
            "uq_consents_living",
            ["person_id", "what"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )
