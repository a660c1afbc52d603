
// ---- hands out which code has run, once the first board stands: see tools/split ----
// Each visit is a first one. What the page keeps when it is left is put away here, before the program starts.
localStorage.clear();
(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    while (!wasm || !document.querySelector('.board .card')) await frame();
    // A moment longer: what moves goes on moving while the later part is on its way.
    await new Promise((done) => setTimeout(done, 2500));
    await frame();
    await fetch('marks', { method: 'POST', body: new Uint8Array(wasm.marks.buffer) });
    if (window !== top) {
        parent.postMessage('seen');
    } else if (window.name !== 'third') {
        // Some times more: no two visits are quite the same.
        window.name = window.name ? 'third' : 'second';
        location.reload();
    } else {
        location.href = 'views.html';
    }
})();
