// Whether a question was answered on this device, so that it isn't asked again.

// Where nothing is kept, not even this is.
/** @param {string} question */
export function answered(question) {
  try {
    return localStorage.getItem(question) !== null;
  } catch {
    return false;
  }
}

/** @param {string} question */
export function answer(question) {
  try {
    localStorage.setItem(question, "yes");
  } catch {
    // Asked once more, next time.
  }
}
