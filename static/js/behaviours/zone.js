/** Fills a hidden field with the browser's time zone; without a script the event's zone is taken. */
export default function zone(/** @type {HTMLInputElement} */ field) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || '';
}
