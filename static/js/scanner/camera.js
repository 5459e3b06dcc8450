// The phone's camera, facing away from its owner: asked for once a visit, let go as soon as nobody looks.

const WANTED = { audio: false, video: { facingMode: "environment", width: { ideal: 1280 } } };

/** Return what the browser keeps for this site: "granted", "denied", "prompt", or "" where it doesn't say. */
export async function permission() {
  try {
    const kept = await navigator.permissions.query({ name: /** @type {PermissionName} */ ("camera") });
    return kept.state;
  } catch {
    return "";
  }
}

/** @param {HTMLVideoElement} video @param {() => void} [lost] told when the camera is taken from us */
export function camera(video, lost = () => {}) {
  /** @type {MediaStream | null} */
  let stream = null;
  let turn = 0;

  function stop() {
    turn += 1;
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
  }

  return {
    stop,

    /** The one picture track while the camera runs, or null. @returns {MediaStreamTrack | null} */
    track: () => stream?.getVideoTracks()[0] ?? null,

    /** Start it and show it; resolves to whether it is still wanted then. Rejects with the browser's own fault. */
    async start() {
      stop();
      const mine = turn;
      const given = await navigator.mediaDevices.getUserMedia(WANTED);
      if (mine !== turn) {
        for (const track of given.getTracks()) track.stop();
        return false;
      }
      stream = given;
      given.getVideoTracks()[0]?.addEventListener("ended", () => stream === given && lost());
      video.srcObject = given;
      await video.play().catch(() => {}); // it plays by itself as soon as it may
      return mine === turn;
    },
  };
}
