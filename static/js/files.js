// Files dropped on a panel marked data-drop go into its form (all of them where its field takes several), which opens for kind and note; without scripts the button does the same.
export function startFiles() {
  const panelOf = (event) => event.target.closest?.("[data-drop]");
  const carries = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    const panel = panelOf(event);
    if (!carries(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = panel ? "copy" : "none";
    for (const other of document.querySelectorAll("[data-drop][data-over]")) if (other !== panel) delete other.dataset.over;
    if (panel) panel.dataset.over = "";
  });
  document.addEventListener("dragleave", (event) => {
    const panel = panelOf(event);
    if (panel && !panel.contains(event.relatedTarget)) delete panel.dataset.over;
  });
  document.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    const panel = panelOf(event);
    const field = panel?.querySelector("input[type=file]");
    if (!field) return;
    delete panel.dataset.over;
    const taken = new DataTransfer();
    for (const file of event.dataTransfer.files) if (field.multiple || !taken.items.length) taken.items.add(file);
    field.files = taken.files;
    const more = field.closest("details");
    if (more) more.open = true;
    panel.querySelector("select")?.focus();
  });
}
