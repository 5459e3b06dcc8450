// Chooses the browser's time zone in a list that nobody has touched yet.

export default function zoneChoice(field) {
  const list = field.querySelector("select");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const untouched = [...list.options].every((option) => option.selected === option.defaultSelected);
  if (untouched && [...list.options].some((option) => option.value === zone)) list.value = zone;
}
