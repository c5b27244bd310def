// What animates an element: what scripts start, stop and move, no style sheet says.

/**
 * All of it, as the record of the wire format has it. What may say more than how something looks is left out, and as many
 * digits as a card's.
 * @param {Element} element
 */
export const animations = (element) => {
  const all = /** @type {any[]} */ (element.getAnimations()).map(({ effect, playbackRate, playState }) => [
    effect.getKeyframes(),
    effect.getComputedTiming(),
    effect.composite,
    playbackRate,
    playState,
  ]);
  return all[0] ? JSON.stringify(all, (key, value) => (/^(-|content)|url\(/.test(key + value) ? undefined : value?.toFixed ? +value.toFixed(3) : value)) : "";
};
